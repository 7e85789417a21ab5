// An end whose waiting is looked at: `waiting.mjs ROLE NAME { idle }`.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Controller, defineMessage, Guest, out, u32 } from '../../../dist/index.js';
import { answerOrders, report } from './orders.mjs';

const [role, name, json] = process.argv.slice(2);
const { idle } = JSON.parse(json);
const SEQ = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
let end;
if (role === 'controller') {
  const controller = await Controller.listen({ name, idle, messages: [SEQ] });
  controller.on('domain', (domain) => {
    end = domain;
    serve(domain);
    report({ is: 'joined' });
  });
  report({ is: 'listening' });
} else {
  end = await Guest.connect({ name, idle, messages: [SEQ] });
  serve(end);
  report({ is: 'connected', domid: end.domid });
}

function serve(endpoint) {
  endpoint.receive('SEQ', ({ n }) => ({ answer: ~n >>> 0 }));
}

let asked = 0;
async function ask() {
  const n = asked++ >>> 0;
  const { answer } = await end.request({ name: 'SEQ', n });
  if (answer !== ~n >>> 0) throw new Error(`${n} was answered ${answer}`);
}

answerOrders({
  stats: () => ({ stats: end.stats }),
  /** `count` batches of eight at once, each after the last, so far apart that both sides sleep in between if they may. */
  batches: async ({ count }) => {
    for (let i = 0; i < count; i++) {
      await Promise.all(Array.from({ length: 8 }, ask));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  exchange: async ({ count }) => {
    for (let i = 0; i < count; i++) await ask();
  },
  /**
   * `messages` requests, and more until a timer of one millisecond has fired `ticks` times and a socket has carried
   * `echoes` there and back, and at how many different numbers of requests those came.
   */
  saturate: async ({ messages, ticks, echoes }) => {
    const atTicks = [];
    const atEchoes = [];
    let passed = 0;
    const done = () => passed >= messages && atTicks.length >= ticks && atEchoes.length >= echoes;
    const lanes = Array.from({ length: 12 }, async () => {
      while (!done()) {
        await ask();
        passed++;
      }
    });
    const interval = setInterval(() => atTicks.push(passed), 1);
    const stopEchoing = await echoing(() => atEchoes.push(passed));
    await Promise.all(lanes);
    clearInterval(interval);
    await stopEchoing();
    return { passed, ticksAmong: new Set(atTicks).size, echoesAmong: new Set(atEchoes).size };
  },
  /** How often this process's main thread has slept and been woken. */
  switches: () => ({
    switches: Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]),
  }),
});

/** Calls `echoed` for each byte that comes back over a socket, and sends the next; returns what ends it. */
async function echoing(echoed) {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(server.address().port, '127.0.0.1', () => client.write('x'));
  let ending = false;
  client.on('data', () => {
    echoed();
    if (!ending) client.write('x');
    else client.end();
  });
  return async () => {
    ending = true;
    server.close();
    await once(server, 'close');
  };
}
