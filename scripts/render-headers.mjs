// Writes native/include/ctrl_if/wire.h and codes.h from the tables of lib/wire and lib/page, as built in dist/
// (npm run setup).
import { writeFileSync } from 'node:fs';
import * as codes from '../dist/page/native-codes.js';
import * as constants from '../dist/wire/constants.js';
import * as layout from '../dist/wire/layout.js';
import * as memory from '../dist/wire/memory.js';
import { SEED_MESSAGES as messages } from '../dist/wire/messages.js';
import * as page from '../dist/wire/page.js';
import * as blkif from '../dist/wire/structs/blkif.js';
import * as netif from '../dist/wire/structs/netif.js';
import * as system from '../dist/wire/structs/system.js';
import * as usbif from '../dist/wire/structs/usbif.js';
import { renderCodes, renderWire } from './headers/render.mjs';

const write = (name, text) => writeFileSync(new URL(`../native/include/ctrl_if/${name}`, import.meta.url), text);
const structs = [blkif, netif, system, usbif];

write('wire.h', renderWire({ constants, layout, page, memory, messages, structs }));
write('codes.h', renderCodes({ codes, layout, page, memory }));
