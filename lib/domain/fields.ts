/** Fields that several lines of the control socket share. */
import { type CtrlIfErrorCode, isErrorCode } from '../errors.ts';
import { CONTROL_PORT, PORTS } from '../wire/page.ts';
import { integer, Mismatch, type Shape, text } from './shape.ts';

/** A domid: 16 bits, as in the messages of devices. */
export const DOMID = integer(0, 0xffff);
/** A port of an event channel. Port 0 is no port, and the next one belongs to the control interface. */
export const PORT = integer(CONTROL_PORT + 1, PORTS - 1);
/** A pid: positive signed 32 bits. 0 and below stand for groups of processes. */
export const PID = integer(1, 0x7fff_ffff);
/** The start of a process in clock ticks since boot, 64 bits as text, because a number has 53. */
export const START_TIME = text(20, { pattern: /^\d{1,20}$/, expected: 'text of 1 to 20 digits' });
/** The system's id of a thread, which has the range of a pid. */
export const THREAD = PID;
export const DESCRIPTOR = integer(0, 0x7fff_ffff);
/** The device or inode of a file. Both sides round a number over 2^53 alike, and only compare it. */
const FILE_NUMBER = integer(0, 2 ** 64, 'integer of 64 bits');

/** Where a domain can be notified: the page and doorbell of its ports, as descriptors of its process. */
export const EVENTS = { page: DESCRIPTOR, doorbell: DESCRIPTOR };
/** Where a domain's memory is: a descriptor of its process, and the file behind it. */
export const MEMORY = { descriptor: DESCRIPTOR, device: FILE_NUMBER, inode: FILE_NUMBER };

/** The longest message of an error, in characters. A character may have six bytes in JSON, and a line has 4096 bytes. */
export const LONGEST_MESSAGE = 500;
export const MESSAGE = text(6 * LONGEST_MESSAGE);
/** The longest subject or field of an error, in characters. */
export const LONGEST_DETAIL = 70;
export const DETAIL = text(6 * LONGEST_DETAIL);
/** The digest of all definitions, or of one that is too long for a line. */
export const DIGEST = text(16, { pattern: /^[0-9a-f]{16}$/, expected: 'text of 16 hexadecimal digits' });
/** The code of an error. */
export const CODE: Shape<CtrlIfErrorCode> = {
  expected: 'a code, ERR_CTRL_IF_...',
  isOptional: false,
  read(value, path = '') {
    const code = text(100).read(value, path);
    if (isErrorCode(code)) return code;
    throw new Mismatch(path, this.expected, value);
  },
};
