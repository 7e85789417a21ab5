// A guest that asks for random bytes as soon as it is connected, and writes them on its console.
import { frontendContext } from '../../../dist/device/index.js';
import { Guest } from '../../../dist/index.js';
import { MESSAGES, RANDOM_CLASS } from './class.mjs';

const LONGEST = 4096;
const guest = await Guest.connect({ memory: { frames: 64 }, messages: MESSAGES });
guest.on('close', () => process.exit());
const frontend = RANDOM_CLASS.frontend(frontendContext(guest));
frontend.on('connected', (device) => device.notify());
frontend.on('notified', ({ handle, frames }) => {
  const page = Buffer.alloc(LONGEST);
  frames[0].read(0, page);
  const count = page.findLastIndex((byte) => byte !== 0) + 1;
  guest.console.write(`${handle}: ${page.toString('hex', 0, count)}\n`);
});
await frontend.start();
