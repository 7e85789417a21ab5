/** The codes of {@link CtrlIfError}. Codes are stable and messages are not: match on `code`, never on `message`. */
export type CtrlIfErrorCode =
  // wire: a message that cannot be encoded or decoded
  | 'ERR_CTRL_IF_VALUE'
  | 'ERR_CTRL_IF_LENGTH'
  | 'ERR_CTRL_IF_SHORT_BUFFER'
  | 'ERR_CTRL_IF_UNKNOWN_MESSAGE'
  | 'ERR_CTRL_IF_DEFINITION'
  // page: shared memory that cannot be created, mapped or trusted
  | 'ERR_CTRL_IF_ENGINE'
  | 'ERR_CTRL_IF_PAGE_NAME'
  | 'ERR_CTRL_IF_PAGE_EXISTS'
  | 'ERR_CTRL_IF_PAGE_NOT_FOUND'
  | 'ERR_CTRL_IF_PAGE_PERMISSION'
  | 'ERR_CTRL_IF_PAGE_NO_SPACE'
  | 'ERR_CTRL_IF_PAGE_TRUNCATED'
  | 'ERR_CTRL_IF_PAGE_MAGIC'
  | 'ERR_CTRL_IF_PAGE_VERSION'
  | 'ERR_CTRL_IF_PAGE_OWNER'
  | 'ERR_CTRL_IF_PAGE_NONCE'
  | 'ERR_CTRL_IF_PAGE_STALE'
  | 'ERR_CTRL_IF_PAGE_CLOSED'
  | 'ERR_CTRL_IF_PAGE_SYSTEM'
  // memory: frames that are not there, not granted, or in use; sizes that cannot be
  | 'ERR_CTRL_IF_FRAME_RANGE'
  | 'ERR_CTRL_IF_FRAME_NOT_ALLOCATED'
  | 'ERR_CTRL_IF_FRAME_NOT_GRANTED'
  | 'ERR_CTRL_IF_FRAME_IN_USE'
  | 'ERR_CTRL_IF_NO_FRAMES'
  | 'ERR_CTRL_IF_MEMORY_TARGET'
  | 'ERR_CTRL_IF_MEMORY_IN_USE'
  | 'ERR_CTRL_IF_MEMORY_SUPERSEDED'
  | 'ERR_CTRL_IF_NO_MEMORY'
  // ring: misuse of a half, or an index of the peer that is out of range
  | 'ERR_CTRL_IF_RING_GEOMETRY'
  | 'ERR_CTRL_IF_RING_ENTRY'
  | 'ERR_CTRL_IF_RING_NOT_OUTSTANDING'
  | 'ERR_CTRL_IF_PEER_INDEX'
  // event-channel: ports and doorbells
  | 'ERR_CTRL_IF_DOORBELL'
  | 'ERR_CTRL_IF_PORT_RANGE'
  | 'ERR_CTRL_IF_PORT_NOT_BOUND'
  | 'ERR_CTRL_IF_PORT_OWNER'
  | 'ERR_CTRL_IF_PORT_NONE_FREE'
  // link and domain: a link from the handshake to its end
  | 'ERR_CTRL_IF_DOMAIN'
  | 'ERR_CTRL_IF_DESCRIPTORS'
  | 'ERR_CTRL_IF_PEER_PROTOCOL'
  | 'ERR_CTRL_IF_PEER_DIED'
  | 'ERR_CTRL_IF_PEER_CLOSED'
  | 'ERR_CTRL_IF_CLOSED'
  | 'ERR_CTRL_IF_ABORTED'
  | 'ERR_CTRL_IF_TIMEOUT'
  | 'ERR_CTRL_IF_NOT_UNDERSTOOD'
  | 'ERR_CTRL_IF_RECEIVER_EXISTS'
  | 'ERR_CTRL_IF_ALREADY_ANSWERED'
  | 'ERR_CTRL_IF_HANDLER'
  | 'ERR_CTRL_IF_NAME'
  | 'ERR_CTRL_IF_NAME_IN_USE'
  | 'ERR_CTRL_IF_NO_CONTROLLER'
  | 'ERR_CTRL_IF_RUNTIME_DIRECTORY'
  | 'ERR_CTRL_IF_HANDSHAKE'
  // device: an operation that the state, the peer or the frame of an interface does not allow
  | 'ERR_CTRL_IF_DEVICE_STATE'
  | 'ERR_CTRL_IF_DEVICE_REFUSED'
  | 'ERR_CTRL_IF_FRAME'
  // machine: a wrong configuration, or an operation that a domain or device does not allow
  | 'ERR_CTRL_IF_CONFIG'
  | 'ERR_CTRL_IF_COMMAND'
  | 'ERR_CTRL_IF_DOMAIN_EXISTS'
  | 'ERR_CTRL_IF_DOMAIN_STATE'
  | 'ERR_CTRL_IF_DEVICE_NOT_FOUND'
  | 'ERR_CTRL_IF_VCPU'
  // api: a malformed request, or an unexpected failure of the machine
  | 'ERR_CTRL_IF_REQUEST'
  | 'ERR_CTRL_IF_MACHINE';

/** The details of an error. Each detail is present only where it applies. */
export interface CtrlIfErrorDetails {
  /** An imperative clause that says what to do. The message ends with it. */
  advice?: string;
  /** The status with which a backend refused a request, without the prefix of its class: `PHYSDEV_NOT_FOUND` (PROTOCOL.md 2.2). */
  status?: string;
  /** The message or struct field concerned, as the wire table names it. */
  field?: string;
  /** Byte offset in the 64-byte slot (wire) or in the page (page, ring). */
  offset?: number;
  /** The expected value in words, such as `integer 0..255`. */
  expected?: string;
  /** The value that came instead. */
  received?: unknown;
  /** The domid of the domain concerned, 0 to 65535. */
  domid?: number;
  /** The port concerned, 1 to 4095, of the domain `domid`. */
  port?: number;
  /** The name of the page, controller, socket or message concerned. */
  subject?: string;
  /** All mistakes of a configuration. `where` is file and line (`web.toml:3`), `path` the keys and list indices down to the value. */
  mistakes?: readonly {
    where: string;
    path: readonly (string | number)[];
    kind: 'unknown' | 'missing' | 'wrong';
    message: string;
  }[];
  /** The error number of the operating system, as in Node's own system errors. */
  errno?: number;
  /** The system call that failed, as in Node's own system errors. */
  syscall?: string;
  /** The error or the abort reason that led to this error. */
  cause?: unknown;
}

/**
 * The error class of ctrl-if: a stable `code`, a message and the details. The message says what happened and, after a semicolon, what to
 * do. `name` is `CtrlIfError`, or `AbortError` where the code is `ERR_CTRL_IF_ABORTED`; `cause` is then the signal's reason.
 */
export class CtrlIfError extends Error {
  /** The stable code of the error, the field to match on. */
  readonly code: CtrlIfErrorCode;
  /** See {@link CtrlIfErrorDetails.advice}. */
  declare readonly advice?: string;
  /** See {@link CtrlIfErrorDetails.status}. */
  declare readonly status?: string;
  /** See {@link CtrlIfErrorDetails.field}. */
  declare readonly field?: string;
  /** See {@link CtrlIfErrorDetails.offset}. */
  declare readonly offset?: number;
  /** See {@link CtrlIfErrorDetails.expected}. */
  declare readonly expected?: string;
  /** See {@link CtrlIfErrorDetails.received}. */
  declare readonly received?: unknown;
  /** See {@link CtrlIfErrorDetails.domid}. */
  declare readonly domid?: number;
  /** See {@link CtrlIfErrorDetails.port}. */
  declare readonly port?: number;
  /** See {@link CtrlIfErrorDetails.subject}. */
  declare readonly subject?: string;
  /** See {@link CtrlIfErrorDetails.mistakes}. */
  declare readonly mistakes?: CtrlIfErrorDetails['mistakes'];
  /** See {@link CtrlIfErrorDetails.errno}. */
  declare readonly errno?: number;
  /** See {@link CtrlIfErrorDetails.syscall}. */
  declare readonly syscall?: string;

  /** @param sentence what happened, without the advice, which the message takes from `details` */
  constructor(code: CtrlIfErrorCode, sentence: string, details: CtrlIfErrorDetails = {}) {
    const { cause, ...rest } = details;
    const message = details.advice === undefined ? sentence : `${sentence}; ${details.advice}`;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, rest);
    // APIs with an AbortSignal reject with an error of this name.
    if (code === 'ERR_CTRL_IF_ABORTED')
      Object.defineProperty(this, 'name', { value: 'AbortError', configurable: true });
  }

  static {
    CtrlIfError.prototype.name = 'CtrlIfError';
  }
}

/** The message without the advice that it ends with. */
export function withoutAdvice(message: string, advice: string | undefined): string {
  const end = `; ${advice}`;
  return message.endsWith(end) ? message.slice(0, -end.length) : message;
}

/** Whether a text from another process is an error code. Another release may have codes that this one lacks. */
export function isErrorCode(code: string): code is CtrlIfErrorCode {
  return /^ERR_CTRL_IF_[A-Z_]+$/.test(code);
}
