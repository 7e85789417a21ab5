// A controller whose receiver fails in the way that it is asked for, and a guest that asks: `failing.mjs ROLE NAME { listens }`.
import { Controller, defineMessage, Guest, out, RequestError, u32 } from '../../../dist/index.js';
import { answerOrders, report } from './orders.mjs';

const SQUARE = defineMessage({ name: 'SQUARE', type: 11, payload: { n: u32, result: out(u32) } });
const CUBE = defineMessage({ name: 'CUBE', type: 12, payload: { n: u32, result: out(u32) } });
const LONELY = defineMessage({ name: 'LONELY', type: 13 });
const messages = [SQUARE, CUBE, LONELY];

const [role, name, json] = process.argv.slice(2);
const { listens = false } = JSON.parse(json);
const warnings = [];
const errors = [];
// Heard here in place of standard error.
process.removeAllListeners('warning');
process.on('warning', ({ name: type, code, message, detail }) => warnings.push({ type, code, message, detail }));
process.on('uncaughtException', ({ message }) => errors.push(`uncaught: ${message}`));

if (role === 'controller') {
  const controller = await Controller.listen({ name, messages });
  let domain;
  controller.on('domain', (connected) => {
    domain = connected;
    domain.receive('SQUARE', ({ n }) => {
      if (n === 0) throw new RequestError('ZERO', 'give more than 0');
      return { result: n * n };
    });
    domain.receive('CUBE', async ({ n }) => {
      await null;
      if (n === 0) throw new RequestError('ZERO', 'give more than 0');
      return { result: n ** 3 };
    });
    domain.on('close', () => controller.close());
    if (listens) {
      domain.on('error', ({ cause }) => {
        errors.push(cause.message);
        throw new Error('a listener that throws');
      });
    }
    report({ is: 'joined' });
  });
  answerOrders({ seen: () => ({ warnings, errors, received: domain.stats.requestsReceived }) });
  report({ is: 'listening' });
} else {
  const guest = await Guest.connect({ name, messages });
  const outcome = async (ask) => {
    try {
      return { result: (await ask()).result };
    } catch ({ name: type, code, message }) {
      return { type, code, message };
    }
  };
  answerOrders({
    ask: ({ message, n }) => outcome(() => guest.request({ name: message, n })),
    askSync: ({ message, n }) => outcome(async () => guest.requestSync({ name: message, n })),
    askNobody: () => outcome(() => guest.request({ name: 'LONELY' })),
    close: () => guest.close().then(() => ({})),
  });
  report({ is: 'connected' });
}
// The link alone keeps the process.
process.channel.unref();
