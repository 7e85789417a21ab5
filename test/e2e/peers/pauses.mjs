// An end that sends numbered messages with random pauses, and checks those that it gets: `pauses.mjs ROLE NAME { idle }`.
import { Controller, defineMessage, Guest, out, u32 } from '../../../dist/index.js';
import { answerOrders, report } from './orders.mjs';

const [role, name, json] = process.argv.slice(2);
const { idle } = JSON.parse(json);
const SEQ = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
let end;
let due = 0;

if (role === 'controller') {
  const controller = await Controller.listen({ name, idle, messages: [SEQ] });
  controller.on('domain', (domain) => {
    receive(domain);
    report({ is: 'joined' });
  });
  report({ is: 'listening' });
} else {
  receive(await Guest.connect({ name, idle, messages: [SEQ] }));
  report({ is: 'connected' });
}

function receive(endpoint) {
  end = endpoint;
  endpoint.receive('SEQ', ({ n }) => {
    // Lost, doubled or reordered: whichever it is, it is not the one that is due.
    if (n !== due) report({ is: 'failed', what: `${n} came where ${due} was due` });
    due++;
    return { answer: ~n >>> 0 };
  });
}

answerOrders({
  /** `count` messages, in batches of `batch` on the average with a pause after each; all answered when it returns. */
  exchange: async ({ count, batch, seed }) => {
    const random = generator(seed);
    const below = (limit) => Math.floor(random() * limit);
    let next = 0;
    while (next < count) {
      const until = Math.min(count, next + 1 + below(2 * batch));
      if (below(2) === 0) await requests(() => next++, until);
      else await sends(() => next++, until);
      await pause(random);
    }
    // In order behind all of them, so that they have been handled.
    const { answer } = await end.request({ name: 'SEQ', n: count });
    if (answer !== ~count >>> 0) throw new Error(`${count} was answered ${answer}`);

    /** More under way than the ring holds, each answer checked. */
    async function requests(take, until) {
      const lane = async () => {
        while (next < until) {
          const n = take();
          const { answer } = await end.request({ name: 'SEQ', n });
          if (answer !== ~n >>> 0) throw new Error(`${n} was answered ${answer}`);
        }
      };
      await Promise.all(Array.from({ length: 1 + below(12) }, lane));
    }

    /** As fast as the ring takes them. */
    async function sends(take, until) {
      while (next < until) {
        const message = { name: 'SEQ', n: take() };
        if (!end.trySend(message)) await end.send(message);
      }
    }
  },
  counts: () => ({ due, stats: end.stats }),
});

/** 1 us to 4 ms, each magnitude as likely as another; while it blocks, or while its event loop turns, or while it sleeps. */
async function pause(random) {
  const milliseconds = 0.001 * 4000 ** random();
  const until = performance.now() + milliseconds;
  const kind = random();
  if (kind < 0.2) while (performance.now() < until);
  else if (kind < 0.6) while (performance.now() < until) await new Promise(setImmediate);
  else await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Numbers in 0..1, the same for the same seed (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
