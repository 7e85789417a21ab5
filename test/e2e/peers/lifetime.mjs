// An end that says when it connects and never asks to be closed: `lifetime.mjs ROLE NAME { ... }`, without an IPC channel, which
// would keep the process alive. What it has to say it says on standard output, a line of JSON each.
import { Controller, defineMessage, f64, Guest, out, u32 } from '../../../dist/index.js';

const [role, name, json = '{}'] = process.argv.slice(2);
const { unref = false, idle, fields = { n: 'u32' }, wait, aliveFor, closes = false } = JSON.parse(json);
const types = { u32, f64 };
const payload = Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, types[type]]));
const SQUARE = defineMessage({ name: 'SQUARE', type: 11, payload: { ...payload, squared: out(f64) } });
const messages = [SQUARE];
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

process.on('exit', () => say({ is: 'exit' }));
if (aliveFor !== undefined) setTimeout(() => {}, aliveFor);
try {
  if (role === 'controller') {
    const controller = await Controller.listen({ name, messages, ...(idle && { idle }) });
    controller.on('refused', ({ code, message }) => say({ is: 'refused', code, message }));
    controller.on('domain', (domain) => {
      domain.on('close', () => say({ is: 'left' }));
      domain.receive('SQUARE', ({ n }) => ({ squared: n * n }));
      say({ is: 'joined' });
    });
    if (unref && controller.unref() !== controller) throw new Error('unref() does not return the controller');
    say({ is: 'listening' });
  } else {
    const guest = await Guest.connect({ name, messages, ...(idle && { idle }), ...(wait && { wait }) });
    if (unref && guest.unref() !== guest) throw new Error('unref() does not return the guest');
    if (unref === 'and-ref' && guest.ref() !== guest) throw new Error('ref() does not return the guest');
    say({ is: 'connected' });
    if (aliveFor !== undefined) {
      let answered = 0;
      const began = performance.now();
      for (; performance.now() - began < aliveFor / 2; answered++) {
        const { squared } = await guest.request({ name: 'SQUARE', n: answered });
        if (squared !== answered * answered) throw new Error(`${answered} squared is not ${squared}`);
        if (answered % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      say({ is: 'answered', answered });
    }
    if (closes) {
      await guest.close();
      say({ is: 'closed' });
    }
  }
} catch ({ code, message }) {
  say({ is: 'failed', code, message });
}
