import { CtrlIfError } from '../errors.ts';
import type { Role } from '../page/control-page.ts';
import type { SegmentAddress } from '../page/foreign-segment.ts';
import { isPageName } from '../page/name.ts';
import type { ProcessIdentity } from '../page/process-identity.ts';
import { PAGE_NONCE_BYTES } from '../wire/page.ts';
import {
  CODE,
  DETAIL,
  DIGEST,
  DOMID,
  EVENTS,
  LONGEST_DETAIL,
  LONGEST_MESSAGE,
  MEMORY,
  MESSAGE,
  PID,
  PORT,
  START_TIME,
  THREAD,
} from './fields.ts';
import { excerpt, integer, list, Mismatch, object, oneOf, optional, type Shape, text, type ValueOf } from './shape.ts';

const HANDSHAKE_VERSION = 2;
const BYTE = integer(0, 0xff);
/** Up to the length of a line. A longer description is sent as its digest. */
const NAME = text(4096, { pattern: { test: () => true }, expected: 'text' });

/** A line that is neither a question nor an answer. */
export interface HandshakeLine {
  readonly sentBy: Role | 'either';
  readonly line: Shape<object>;
  /** Its meaning, for docs/control-socket.md. */
  readonly does: string;
}

/**
 * The lines of the handshake in their order. The questions and answers (`questions.ts`) come before the last. Fields that are not declared
 * are ignored, so a release may add an optional field and keep the version. The guest announces the name of its page before it creates the
 * page, so that the controller can unlink a page whose guest dies.
 */
export const HANDSHAKE = {
  announcement: {
    sentBy: 'guest',
    line: object(
      {
        announce: oneOf(HANDSHAKE_VERSION),
        page: text(255, { pattern: { test: isPageName }, expected: 'the name of a page' }),
        nonce: text(2 * PAGE_NONCE_BYTES, {
          pattern: new RegExp(`^[0-9a-f]{${2 * PAGE_NONCE_BYTES}}$`),
          expected: `text of ${2 * PAGE_NONCE_BYTES} hexadecimal digits`,
        }),
        pid: PID,
        startTime: START_TIME,
        thread: optional(THREAD),
        token: optional(text(1024)),
        definitions: optional(DIGEST),
      },
      'ignored',
    ),
    does: "The name and nonce of the page that the guest will create, and the guest's process and thread. `token` is the token that a machine gave to the process when it started it. `definitions` is the fingerprint of the messages that the guest's user has defined (docs/protocol.md).",
  },
  ready: {
    sentBy: 'guest',
    line: object(
      {
        ready: oneOf(true),
        events: optional(object(EVENTS, 'ignored')),
        memory: optional(object(MEMORY, 'ignored')),
      },
      'ignored',
    ),
    does: "The page exists. `events`: the page and doorbell of the guest's ports, as descriptors of its process. `memory`: the memory whose frame 0 is the page.",
  },
  describe: {
    sentBy: 'controller',
    line: object({ describe: oneOf(true) }, 'ignored'),
    does: 'Asks for the definitions, once. It is sent only when both sides have messages of their own and the fingerprints differ.',
  },
  definition: {
    sentBy: 'guest',
    line: object(
      {
        define: object(
          {
            name: NAME,
            type: BYTE,
            subtype: BYTE,
            direction: oneOf('toGuest', 'toController', 'both'),
            response: NAME,
            fields: list(object({ name: NAME, type: NAME, role: oneOf('in', 'out', 'pad'), size: BYTE }, 'ignored')),
          },
          'ignored',
        ),
      },
      'ignored',
    ),
    does: 'One message that the guest has defined. The messages come in order of type and subtype.',
  },
  digest: {
    sentBy: 'guest',
    line: object({ define: object({ type: BYTE, subtype: BYTE, digest: DIGEST }, 'ignored') }, 'ignored'),
    does: 'Replaces a definition that is too long for a line.',
  },
  defined: {
    sentBy: 'guest',
    line: object({ defined: integer(0, 0x1_0000) }, 'ignored'),
    does: 'The number of definitions. It follows the last of them.',
  },
  welcome: {
    sentBy: 'controller',
    line: object(
      {
        welcome: oneOf(HANDSHAKE_VERSION),
        domid: DOMID,
        pid: PID,
        startTime: START_TIME,
        thread: optional(THREAD),
        events: optional(object({ ...EVENTS, port: PORT }, 'ignored')),
      },
      'ignored',
    ),
    does: "The guest's domid, and the controller's process and thread. The page has no name any more. `events`: the page and doorbell of the controller's ports, and its port for this guest.",
  },
  refusal: {
    sentBy: 'controller',
    line: object({ refused: CODE, message: MESSAGE, subject: optional(DETAIL), field: optional(DETAIL) }, 'ignored'),
    does: 'Replaces the welcome: the error with which the controller refuses the guest. `subject` and `field` are those of the error. The socket closes.',
  },
  bye: {
    sentBy: 'either',
    line: object({ bye: oneOf(true) }, 'ignored'),
    does: 'The sender closes the link. When a socket closes without this line, its process has died.',
  },
} as const satisfies Readonly<Record<string, HandshakeLine>>;

type Line = Readonly<Record<string, unknown>>;
type LineName = keyof typeof HANDSHAKE;
type Sent<N extends LineName> = ValueOf<(typeof HANDSHAKE)[N]['line']>;

export interface Announcement {
  page: string;
  nonce: Uint8Array;
  owner: ProcessIdentity;
  /** The token that a machine gave to the guest's process. */
  token?: string | undefined;
  /** The fingerprint of the guest's own messages. The controller does not ask a guest without one for its definitions. */
  definitions?: string | undefined;
}

/** The page and doorbell of a domain's ports, as descriptors of its process. */
export type EventsDescriptors = NonNullable<Sent<'ready'>['events']>;

export interface Ready {
  /** Where the guest can be notified. */
  events: EventsDescriptors | undefined;
  /** Where the guest's memory is. */
  memory: SegmentAddress | undefined;
}

export interface Welcome {
  domid: number;
  controller: ProcessIdentity;
  /** Where the controller can be notified, and its port for this guest. */
  events: Sent<'welcome'>['events'] | undefined;
}

export const BYE: Sent<'bye'> = { bye: true };

export function isBye({ bye }: Line): boolean {
  return bye === BYE.bye;
}

export function announcementLine({ page, nonce, owner, token, definitions }: Announcement): Sent<'announcement'> {
  return {
    announce: HANDSHAKE_VERSION,
    page,
    nonce: Buffer.from(nonce).toString('hex'),
    pid: owner.pid,
    startTime: String(owner.startTime),
    ...(owner.thread !== undefined && { thread: owner.thread }),
    ...(token !== undefined && { token }),
    ...(definitions !== undefined && { definitions }),
  };
}

/** @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` when the line is no announcement, or has another version */
export function parseAnnouncement(line: Line): Announcement {
  if (line.announce !== HANDSHAKE_VERSION) throw otherVersion(line.announce);
  const { page, nonce, pid, startTime, thread, token, definitions } = readLine('announcement', line);
  return {
    page,
    nonce: Buffer.from(nonce, 'hex'),
    owner: { pid, startTime: BigInt(startTime), thread },
    token,
    definitions,
  };
}

export function readyLine({ events, memory }: Ready): Sent<'ready'> {
  return { ready: true, ...(events && { events }), ...(memory && { memory: withoutProcess(memory) }) };
}

/** Without the pid, which the announcement has. */
function withoutProcess({ pid: _, ...memory }: SegmentAddress): NonNullable<Sent<'ready'>['memory']> {
  return memory;
}

/**
 * The descriptors of a ready guest, in the process that the announcement named.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` when the line is wrong
 */
export function parseReady(line: Line, { pid }: ProcessIdentity): Ready {
  const { events, memory } = readLine('ready', line);
  return { events, memory: memory && { pid, ...memory } };
}

export function welcomeLine({ domid, controller, events }: Welcome): Sent<'welcome'> {
  const { pid, startTime, thread } = controller;
  return {
    welcome: HANDSHAKE_VERSION,
    domid,
    pid,
    startTime: String(startTime),
    ...(thread !== undefined && { thread }),
    ...(events && { events }),
  };
}

/** @throws CtrlIfError the controller's error when the line is a refusal, `ERR_CTRL_IF_HANDSHAKE` when it is neither */
export function parseWelcome(line: Line): Pick<Welcome, 'domid' | 'events'> & Pick<ProcessIdentity, 'pid' | 'thread'> {
  if (Object.hasOwn(line, 'refused')) {
    const { refused, message, ...details } = readLine('refusal', line);
    throw new CtrlIfError(refused, `the controller refused this guest: ${message}`, details);
  }
  if (line.welcome !== HANDSHAKE_VERSION) throw otherVersion(line.welcome);
  const { domid, pid, thread, events } = readLine('welcome', line);
  return { domid, pid, thread, events };
}

export function refusalLine({ code, message, subject, field }: CtrlIfError): Sent<'refusal'> {
  const details = code === 'ERR_CTRL_IF_DEFINITION';
  return {
    refused: code,
    message: message.slice(0, LONGEST_MESSAGE),
    ...(details && subject !== undefined && { subject: subject.slice(0, LONGEST_DETAIL) }),
    ...(details && field !== undefined && { field: field.slice(0, LONGEST_DETAIL) }),
  };
}

/** Reads the line by its declaration. @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` when the line is wrong */
export function readLine<N extends LineName>(name: N, line: Line): Sent<N> {
  const declarations: { readonly [L in LineName]: { readonly line: Shape<Sent<L>> } } = HANDSHAKE;
  try {
    return declarations[name].line.read(line);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const { problem, expected, received } = error;
    throw handshakeError(`sent a wrong line, ${name}: ${problem}`, expected, received);
  }
}

function otherVersion(version: unknown): CtrlIfError {
  const mistake = version === undefined ? 'states no version' : `has version ${excerpt(version)}`;
  return handshakeError(`${mistake} of the handshake`, `version ${HANDSHAKE_VERSION}`, version);
}

/** @param mistake what the other side did, after "the other side" in the message */
export function handshakeError(mistake: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_HANDSHAKE', `the other side ${mistake}; expected ${expected}`, {
    advice: 'run the same release of ctrl-if on both sides',
    expected,
    received,
  });
}
