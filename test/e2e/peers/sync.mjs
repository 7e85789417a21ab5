// An end that sends requests by requestSync, or answers them: `sync.mjs ROLE NAME { idle }`. What it answers depends on what it
// is asked, by the first key of the message: at once, or later, or with questions of its own first.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Controller, defineMessage, Guest, out, u8, u32 } from '../../../dist/index.js';
import { answerOrders, report } from './orders.mjs';

const ASK = defineMessage({ name: 'ASK', type: 50, payload: { n: u32, after: u32, questions: u8, answer: out(u32) } });
const messages = [ASK];
/** In place of a time: answered when the asker has answered the same. */
const ASKS_BACK = 0xffffffff;

if (isMainThread) await main();
else await work();

async function main() {
  const [role, name, json] = process.argv.slice(2);
  const { idle = 'adaptive' } = JSON.parse(json);
  let end;
  let worker;
  if (role === 'controller') {
    const controller = await Controller.listen({ name, idle, messages });
    controller.on('domain', (domain) => {
      end = domain;
      answers(domain);
      report({ is: 'joined', domid: domain.domid });
    });
    report({ is: 'listening', engine: controller.engine });
  } else {
    end = await Guest.connect({ name, idle, messages });
    answers(end);
    report({ is: 'connected', engine: end.engine, domid: end.domid });
  }
  answerOrders({
    askSync: (details) => askSync(end, details),
    /** The same from a thread of its own, which is a guest of its own. */
    askSyncInWorker: async (details) => {
      worker ??= new Worker(new URL(import.meta.url), { workerData: { name, idle } });
      worker.postMessage(details);
      return new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    },
    ask: async ({ n, asksBack = false }) => {
      const { answer } = await end.request({ name: 'ASK', n, after: asksBack ? ASKS_BACK : 0, questions: 0 });
      return { answer };
    },
    stats: () => ({ stats: end.stats }),
    endWorker: async () => ({ code: await worker.terminate() }),
  });
}

async function work() {
  const guest = await Guest.connect({ ...workerData, messages });
  parentPort.on('message', (details) => {
    try {
      parentPort.postMessage(askSync(guest, details));
    } catch ({ code, message }) {
      parentPort.postMessage({ code, message });
    }
  });
}

function answers(endpoint) {
  endpoint.receive('ASK', ({ n, after, questions }, request) => {
    for (let i = 0; i < questions; i++) endpoint.trySend({ name: 'SHUTDOWN_SYSRQ', key: 'q' });
    if (after === 0) return { answer: ~n >>> 0 };
    if (after === ASKS_BACK) {
      const { answer } = endpoint.requestSync({ name: 'ASK', n, after: 0, questions: 0 });
      return { answer: ~answer >>> 0 };
    }
    request.defer();
    setTimeout(() => request.respond({ answer: ~n >>> 0 }), after);
  });
  endpoint.receive('SHUTDOWN_SYSRQ', () => {});
}

/** `count` blocking requests, each answer checked; how many there were, and what this side rang meanwhile. */
function askSync(endpoint, { count = 1, after = 0, questions = 0, timeout }) {
  for (let n = 0; n < count; n++) {
    const { answer } = endpoint.requestSync({ name: 'ASK', n, after, questions }, timeout ? { timeout } : undefined);
    if (answer !== ~n >>> 0) throw new Error(`${n} was answered ${answer}`);
  }
  return { count };
}
