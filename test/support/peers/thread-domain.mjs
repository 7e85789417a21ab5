// A guest or a controller in a worker thread; its orders come as messages, and their results go back as messages.
import { parentPort, workerData } from 'node:worker_threads';
import { Controller, defineMessage, Guest, out, u32 } from 'ctrl-if';

const seq = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });

const { role, name, idle, memory } = workerData;
const options = { name, idle, messages: [seq] };
const orders = {
  async ask({ count }) {
    for (let n = 0; n < count; n++) {
      const { answer } = await end.request({ name: 'SEQ', n });
      if (answer !== n + 1) throw new Error(`${n} was answered with ${answer}`);
    }
  },
  map: async ({ owner, frame }) => {
    mapped.push(await end.mapFrame(owner, frame));
  },
};
const mapped = [];
let end;
if (role === 'guest') {
  end = await Guest.connect({ ...options, ...(memory && { memory }) });
  parentPort.postMessage({ ready: true, domid: end.domid });
} else {
  const controller = await Controller.listen(options);
  controller.on('domain', (domain) => {
    end = domain;
    // 0 ends this thread before any answer.
    domain.receive('SEQ', ({ n }) => (n === 0 ? process.exit() : { answer: n + 1 }));
  });
  parentPort.postMessage({ ready: true });
}
parentPort.on('message', async ({ order, ...parameters }) => {
  await orders[order](parameters);
  parentPort.postMessage({ done: order, stats: end.stats });
});
