// One end in a runtime other than Node: `runtime.mjs ROLE NAME`. It asks and is asked, and says so a line at a time.
import { Controller, defineMessage, Guest, out, u32 } from '../../../dist/index.js';

const [role, name] = process.argv.slice(2);
const SEQ = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
const LOOK = defineMessage({ name: 'LOOK', type: 43, payload: { owner: u32, frame: u32, word: out(u32) } });
const options = { name, engine: 'native', messages: [SEQ, LOOK] };
const say = (report) => console.log(JSON.stringify(report));

function serve(end) {
  end.receive('SEQ', ({ n }) => ({ answer: ~n >>> 0 }));
  end.on('close', (error) => say({ is: 'closed', code: error?.code ?? null }));
}

async function converse(end) {
  const check = ({ n, answer }) => {
    if (answer !== ~n >>> 0) throw new Error(`${n} was answered with ${answer}`);
  };
  for (let n = 0; n < 500; n++) check(await end.request({ name: 'SEQ', n }));
  for (let n = 0; n < 20; n++) {
    while (!end.stats.asleep) await new Promise((resolve) => setTimeout(resolve, 1));
    check(await end.request({ name: 'SEQ', n }));
  }
  for (let n = 0; n < 20; n++) check(end.requestSync({ name: 'SEQ', n }));
  say({ is: 'done', engine: end.engine, stats: end.stats });
}

if (role === 'guest') {
  const guest = await Guest.connect({ ...options, memory: { frames: 16 } });
  serve(guest);
  const frame = guest.memory.frame(guest.memory.allocate());
  frame.store32(4, 7);
  let channels = 'there';
  try {
    guest.channels;
  } catch ({ code }) {
    channels = code;
  }
  guest.receive('LOOK', async ({ owner, frame }) => {
    const mapped = await guest.mapFrame(owner, frame);
    const word = mapped.load32(0);
    mapped.unmap();
    return { word };
  });
  say({ is: 'connected', word: frame.load32(4), channels });
  await converse(guest);
} else {
  const controller = await Controller.listen(options);
  controller.on('domain', async (domain) => {
    serve(domain);
    domain.on('close', () => controller.close());
    await converse(domain);
  });
  say({ is: 'listening' });
}
