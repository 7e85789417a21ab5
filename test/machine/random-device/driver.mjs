// A driver domain with one class of devices.
import { Guest } from '../../../dist/index.js';
import { MESSAGES, RANDOM_CLASS } from './class.mjs';

const guest = await Guest.connect({ messages: MESSAGES });
guest.on('close', () => process.exit());
await RANDOM_CLASS.backend(guest).start();
