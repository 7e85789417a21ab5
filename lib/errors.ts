/**
 * Every error of ctrl-if is a {@link CtrlIfError} with one of these codes. Codes are stable; sentences are not:
 * match on `code`, never on `message`.
 */
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
  // ring: misuse of a half, or a peer whose indices cannot be true
  | 'ERR_CTRL_IF_RING_GEOMETRY'
  | 'ERR_CTRL_IF_RING_ENTRY'
  | 'ERR_CTRL_IF_RING_NOT_OUTSTANDING'
  | 'ERR_CTRL_IF_PEER_INDEX'
  // event-channel: ports, and what wakes a domain
  | 'ERR_CTRL_IF_DOORBELL'
  | 'ERR_CTRL_IF_PORT_RANGE'
  | 'ERR_CTRL_IF_PORT_NOT_BOUND'
  | 'ERR_CTRL_IF_PORT_OWNER'
  | 'ERR_CTRL_IF_PORT_NONE_FREE'
  // link and domain: the life of a conversation
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
  // device: what an interface, a frame or the other half of a device does not allow
  | 'ERR_CTRL_IF_DEVICE_STATE'
  | 'ERR_CTRL_IF_DEVICE_REFUSED'
  | 'ERR_CTRL_IF_FRAME'
  // machine: what an operator asks for and cannot have
  | 'ERR_CTRL_IF_CONFIG'
  | 'ERR_CTRL_IF_COMMAND'
  | 'ERR_CTRL_IF_DOMAIN_EXISTS'
  | 'ERR_CTRL_IF_DOMAIN_STATE'
  | 'ERR_CTRL_IF_DEVICE_NOT_FOUND'
  | 'ERR_CTRL_IF_VCPU'
  // api: a request that is none, and a machine that fails as it should not
  | 'ERR_CTRL_IF_REQUEST'
  | 'ERR_CTRL_IF_MACHINE';

/** The details of an error. Each detail is present only where it applies. */
export interface CtrlIfErrorDetails {
  /** What to do about it: an imperative clause, which the message ends with. */
  advice?: string;
  /** The status with which a backend refused a request, without the prefix of its class: `PHYSDEV_NOT_FOUND` (PROTOCOL.md 2.2). */
  status?: string;
  /** The message or struct field concerned, as the wire table names it. */
  field?: string;
  /** Byte offset in the 64-byte slot (wire) or in the page (page, ring). */
  offset?: number;
  /** What would have been right, in words. */
  expected?: string;
  /** What came instead. */
  received?: unknown;
  /** The domain concerned, and its port. */
  domid?: number;
  port?: number;
  /** The name of the page, controller or socket concerned. */
  subject?: string;
  /** Of a configuration: everything that is wrong in it, each with where it is (`web.toml:3`). */
  mistakes?: readonly {
    where: string;
    path: readonly (string | number)[];
    kind: 'unknown' | 'missing' | 'wrong';
    message: string;
  }[];
  /** From the operating system, as in Node's own system errors. */
  errno?: number;
  syscall?: string;
  cause?: unknown;
}

/**
 * The one error class of ctrl-if: a stable `code`, a message that says what happened and, after a semicolon, what to do, and the
 * details. Its `name` is `CtrlIfError`, or `AbortError` where the code is `ERR_CTRL_IF_ABORTED`; `cause` is then the signal's reason.
 */
export class CtrlIfError extends Error {
  readonly code: CtrlIfErrorCode;
  declare readonly advice?: string;
  declare readonly status?: string;
  declare readonly field?: string;
  declare readonly offset?: number;
  declare readonly expected?: string;
  declare readonly received?: unknown;
  declare readonly domid?: number;
  declare readonly port?: number;
  declare readonly subject?: string;
  declare readonly mistakes?: CtrlIfErrorDetails['mistakes'];
  declare readonly errno?: number;
  declare readonly syscall?: string;

  constructor(code: CtrlIfErrorCode, sentence: string, details: CtrlIfErrorDetails = {}) {
    const { cause, ...rest } = details;
    const message = details.advice === undefined ? sentence : `${sentence}; ${details.advice}`;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, rest);
    // The name by which every API with an AbortSignal says that the signal ended it.
    if (code === 'ERR_CTRL_IF_ABORTED')
      Object.defineProperty(this, 'name', { value: 'AbortError', configurable: true });
  }

  static {
    CtrlIfError.prototype.name = 'CtrlIfError';
  }
}

/** The sentence of a message that ends with its advice. */
export function withoutAdvice(message: string, advice: string | undefined): string {
  const end = `; ${advice}`;
  return message.endsWith(end) ? message.slice(0, -end.length) : message;
}

/** Whether what another process sends is the code of an error. Its release may know codes that this one does not. */
export function isErrorCode(code: string): code is CtrlIfErrorCode {
  return /^ERR_CTRL_IF_[A-Z_]+$/.test(code);
}
