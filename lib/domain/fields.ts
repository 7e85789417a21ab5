/** The fields that several lines of the control socket have. */
import { type CtrlIfErrorCode, isErrorCode } from '../errors.ts';
import { CONTROL_PORT, PORTS } from '../wire/page.ts';
import { integer, Mismatch, type Shape, text } from './shape.ts';

/** 16 bits, as in the messages of devices. */
export const DOMID = integer(0, 0xffff);
/** Of an event channel: port 0 is none, and the next is the control interface's. */
export const PORT = integer(CONTROL_PORT + 1, PORTS - 1);
/** `pid_t` is a signed 32 bits, and what is not above 0 is a group of processes. */
export const PID = integer(1, 0x7fff_ffff);
/** Clock ticks since boot, 64 bits: too many for a number. */
export const START_TIME = text(20, { pattern: /^\d{1,20}$/, expected: 'text of 1 to 20 digits' });
/** The system's number of a thread, which is a pid as well. Older releases do not say theirs. */
export const THREAD = PID;
export const DESCRIPTOR = integer(0, 0x7fff_ffff);
/** Of a file. Those over 2^53 have lost their last bits on both sides alike, and are compared for being equal. */
const FILE_NUMBER = integer(0, 2 ** 64, 'integer of 64 bits');

/** Where a domain can be notified: descriptors of its process. */
export const EVENTS = { page: DESCRIPTOR, doorbell: DESCRIPTOR };
/** Where a domain's memory is, in its process. */
export const MEMORY = { descriptor: DESCRIPTOR, device: FILE_NUMBER, inode: FILE_NUMBER };

/** Of an error's message, in characters: one may take six bytes in JSON, and a line has 4096. */
export const LONGEST_MESSAGE = 500;
export const MESSAGE = text(6 * LONGEST_MESSAGE);
/** What of an error's subject and field goes beside its message, in characters. */
export const LONGEST_DETAIL = 70;
export const DETAIL = text(6 * LONGEST_DETAIL);
/** Of definitions, and of one that is too long to be sent. */
export const DIGEST = text(16, { pattern: /^[0-9a-f]{16}$/, expected: 'text of 16 hexadecimal digits' });
/** An error's code. */
export const CODE: Shape<CtrlIfErrorCode> = {
  expected: 'a code, ERR_CTRL_IF_...',
  isOptional: false,
  read(value, path = '') {
    const code = text(100).read(value, path);
    if (isErrorCode(code)) return code;
    throw new Mismatch(path, this.expected, value);
  },
};
