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
/** As long as the line has room for: what is too long is sent as its digest. */
const NAME = text(4096, { pattern: { test: () => true }, expected: 'text' });

/** A line that is neither a question nor an answer. */
export interface HandshakeLine {
  readonly sentBy: Role | 'either';
  readonly line: Shape<object>;
  /** What it says: docs/control-socket.md. */
  readonly does: string;
}

/**
 * The lines of the rendezvous, in their order, with the questions and answers (`questions.ts`) before the last. Fields that are not
 * declared are ignored: a release may add one that the other side can do without, and keep the version. The guest announces its page's
 * name before it creates it, so that at any moment in which a page has a name somebody other than its maker knows it and can take it
 * away.
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
    does: 'Says which page the guest is about to create, and which process and which thread of it. `token` is what whoever started it gave it to be known by. `definitions` is the fingerprint of the messages that its user has defined (docs/protocol.md).',
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
    does: 'The page exists. `events`: where the guest can be notified, by descriptors of its process. `memory`: the memory whose frame 0 the page is.',
  },
  describe: {
    sentBy: 'controller',
    line: object({ describe: oneOf(true) }, 'ignored'),
    does: 'Only where both have messages of their own and the fingerprints differ: asks for the definitions, once.',
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
    does: 'One for each message that the guest has defined, in order of type and subtype.',
  },
  digest: {
    sentBy: 'guest',
    line: object({ define: object({ type: BYTE, subtype: BYTE, digest: DIGEST }, 'ignored') }, 'ignored'),
    does: 'In place of a definition that is longer than a line may be.',
  },
  defined: {
    sentBy: 'guest',
    line: object({ defined: integer(0, 0x1_0000) }, 'ignored'),
    does: 'Behind the definitions: how many there were.',
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
    does: "The guest's number, the controller's process and thread, and that the name of the page is gone. `events`: where the controller can be notified, and its port for this guest.",
  },
  refusal: {
    sentBy: 'controller',
    line: object({ refused: CODE, message: MESSAGE, subject: optional(DETAIL), field: optional(DETAIL) }, 'ignored'),
    does: 'In place of the welcome: why the guest is turned away. `subject` and `field` are those of the error. The socket closes.',
  },
  bye: {
    sentBy: 'either',
    line: object({ bye: oneOf(true) }, 'ignored'),
    does: 'The link is closed in order. A socket that closes without it tells of a death.',
  },
} as const satisfies Readonly<Record<string, HandshakeLine>>;

type Line = Readonly<Record<string, unknown>>;
type LineName = keyof typeof HANDSHAKE;
type Sent<N extends LineName> = ValueOf<(typeof HANDSHAKE)[N]['line']>;

export interface Announcement {
  page: string;
  nonce: Uint8Array;
  owner: ProcessIdentity;
  /** What whoever started the guest gave it to be known by. */
  token?: string | undefined;
  /** The fingerprint of its own messages. A peer that gives none, such as one in C, is not asked for its definitions. */
  definitions?: string | undefined;
}

/** A domain's page and doorbell, by their descriptors' numbers in its process. */
export type EventsDescriptors = NonNullable<Sent<'ready'>['events']>;

export interface Ready {
  /** Where the guest can be notified. */
  events: EventsDescriptors | undefined;
  /** Where its memory is. */
  memory: SegmentAddress | undefined;
}

export interface Welcome {
  domid: number;
  controller: ProcessIdentity;
  /** Where to notify the controller, and the port of it that stands for this guest. */
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

/** @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` for a line that is none, or of another version */
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

/** The process has announced itself before. */
function withoutProcess({ pid: _, ...memory }: SegmentAddress): NonNullable<Sent<'ready'>['memory']> {
  return memory;
}

/**
 * What the guest that is ready has, in the process that announced itself.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE`
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

/** @throws CtrlIfError the controller's own error for a refusal, `ERR_CTRL_IF_HANDSHAKE` for a line that is neither */
export function parseWelcome(line: Line): Pick<Welcome, 'domid' | 'events'> & Pick<ProcessIdentity, 'pid' | 'thread'> {
  if (Object.hasOwn(line, 'refused')) {
    const { refused, message, ...details } = readLine('refusal', line);
    throw new CtrlIfError(refused, `the controller refused: ${message}`, details);
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

/** The line, by its declaration. @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` */
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
  const what = version === undefined ? 'says no version' : `speaks version ${excerpt(version)}`;
  return handshakeError(`${what} of the handshake`, `version ${HANDSHAKE_VERSION}`, version);
}

export function handshakeError(what: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_HANDSHAKE',
    `the other side ${what}; expected ${expected}: run the same release of ctrl-if on both sides`,
    { expected, received },
  );
}
