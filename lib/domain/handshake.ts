import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';
import type { SegmentAddress } from '../page/foreign-segment.ts';
import { isPageName } from '../page/name.ts';
import type { ProcessIdentity } from '../page/process-identity.ts';
import { PAGE_NONCE_BYTES } from '../wire/page.ts';

/**
 * The lines of the rendezvous, in their order. The guest announces its page's name before it creates it, so that at any
 * moment in which a page has a name somebody other than its maker knows it and can take it away.
 *
 * 1. guest: {@link Announcement}
 * 2. guest: `{"ready":true}`, the page exists; with it `events` where the guest can be notified by its page, and `memory`
 *    where the page is frame 0 of one
 * 3. only where both have messages of their own and their fingerprints differ: controller `{"describe":true}`; guest
 *    `{"define":{...}}` for each of its messages, in order of type and subtype, then `{"defined":COUNT}` (`definitions.ts`)
 * 4. controller: {@link Welcome} or a refusal; the page's name is gone
 * 5. both, any number of times: questions and answers (`side-channel.ts`)
 * 6. either, at the end: `{"bye":true}`; a socket that closes without it tells of a death
 */
const HANDSHAKE_VERSION = 2;

export interface Announcement {
  page: string;
  nonce: Uint8Array;
  owner: ProcessIdentity;
  /** What whoever started the guest gave it to be known by. */
  token?: string | undefined;
  /** The fingerprint of its own messages. A peer that gives none, such as one in C, is not asked for its definitions. */
  definitions?: string | undefined;
}

export interface Welcome {
  domid: number;
  controller: ProcessIdentity;
  /** Where to notify the controller, and the port of it that stands for this guest. */
  events: (EventsDescriptors & { port: number }) | undefined;
}

/** A domain's page and doorbell, by their descriptors' numbers in its process. */
export interface EventsDescriptors {
  page: number;
  doorbell: number;
}

export const BYE = { bye: true };

export function readyLine(events: EventsDescriptors | undefined, memory: SegmentAddress | undefined): object {
  return { ready: true, ...(events && { events }), ...(memory && { memory }) };
}

/** Where the guest that is ready can be notified. Throws `ERR_CTRL_IF_HANDSHAKE` for a line that is none of ours. */
export function parseReady(line: Record<string, unknown>): EventsDescriptors | undefined {
  if (line.ready !== true) throw handshakeError('did not say that it is ready', 'ready', line);
  return parseEvents(line);
}

/** Where the memory of the guest that is ready lies, in the process that announced itself. */
export function parseMemory({ memory }: Record<string, unknown>, { pid }: ProcessIdentity): SegmentAddress | undefined {
  if (memory === undefined) return undefined;
  const { descriptor, device, inode } = memory as Record<string, unknown>;
  const isWhole = [descriptor, device, inode].every((number) => Number.isInteger(number) && (number as number) >= 0);
  if (!isWhole) throw handshakeError('named its memory in a form of its own', 'descriptor, device and inode', memory);
  return { pid, descriptor: descriptor as number, device: device as number, inode: inode as number };
}

function parseEvents({ events }: Record<string, unknown>): EventsDescriptors | undefined {
  if (events === undefined) return undefined;
  const { page, doorbell } = (events ?? {}) as Record<string, unknown>;
  if (Number.isInteger(page) && Number.isInteger(doorbell)) return events as unknown as EventsDescriptors;
  throw handshakeError('named its page and doorbell in a form of its own', 'two descriptors', events);
}

export function announcementLine({ page, nonce, owner, token, definitions }: Announcement): object {
  return {
    announce: HANDSHAKE_VERSION,
    page,
    nonce: Buffer.from(nonce).toString('hex'),
    pid: owner.pid,
    startTime: String(owner.startTime),
    thread: owner.thread,
    ...(token !== undefined && { token }),
    ...(definitions !== undefined && { definitions }),
  };
}

/** Throws `ERR_CTRL_IF_HANDSHAKE` for a line that is none of ours. */
export function parseAnnouncement(line: Record<string, unknown>): Announcement {
  const { announce, page, nonce, pid, startTime, thread, token, definitions } = line;
  if (announce !== HANDSHAKE_VERSION) {
    throw handshakeError(
      `speaks version ${JSON.stringify(announce)} of the handshake`,
      `version ${HANDSHAKE_VERSION}`,
      line,
    );
  }
  const wellFormed =
    typeof page === 'string' &&
    isPageName(page) &&
    typeof nonce === 'string' &&
    new RegExp(`^[0-9a-f]{${2 * PAGE_NONCE_BYTES}}$`).test(nonce) &&
    typeof startTime === 'string' &&
    /^\d{1,20}$/.test(startTime) &&
    Number.isInteger(pid);
  if (!wellFormed)
    throw handshakeError('announced its page in a form of its own', 'page, nonce, pid and startTime', line);
  return {
    page,
    nonce: Buffer.from(nonce, 'hex'),
    owner: { pid: pid as number, startTime: BigInt(startTime), thread: parseThread(thread) },
    token: typeof token === 'string' ? token : undefined,
    definitions: typeof definitions === 'string' ? definitions : undefined,
  };
}

export function welcomeLine({ domid, controller, events }: Welcome): object {
  const { pid, startTime, thread } = controller;
  return { welcome: HANDSHAKE_VERSION, domid, pid, startTime: String(startTime), thread, ...(events && { events }) };
}

export function refusalLine({ code, message, subject, field }: CtrlIfError): object {
  return { refused: code, message, ...(code === 'ERR_CTRL_IF_DEFINITION' && { subject, field }) };
}

/** Throws the controller's own error for a refusal. */
export function parseWelcome(
  line: Record<string, unknown>,
): Pick<Welcome, 'domid' | 'events'> & Pick<ProcessIdentity, 'pid' | 'thread'> {
  if (typeof line.refused === 'string') {
    const { subject, field } = line;
    throw new CtrlIfError(line.refused as CtrlIfErrorCode, `the controller refused: ${String(line.message)}`, {
      ...(typeof subject === 'string' && { subject }),
      ...(typeof field === 'string' && { field }),
    });
  }
  if (line.welcome !== HANDSHAKE_VERSION || !Number.isInteger(line.domid)) {
    throw handshakeError('did not say welcome', `welcome ${HANDSHAKE_VERSION} with a domid`, line);
  }
  const events = parseEvents(line);
  const port = (events as { port?: unknown } | undefined)?.port;
  if (!Number.isInteger(line.pid) || (events && !Number.isInteger(port))) {
    throw handshakeError('said welcome in a form of its own', 'pid, and events with a port', line);
  }
  return {
    domid: line.domid as number,
    pid: line.pid as number,
    thread: parseThread(line.thread),
    events: events as Welcome['events'],
  };
}

/** Older releases do not say their thread, and nobody must. */
function parseThread(thread: unknown): number | undefined {
  return Number.isInteger(thread) && (thread as number) > 0 ? (thread as number) : undefined;
}

export function handshakeError(what: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_HANDSHAKE',
    `the other side ${what}; expected ${expected}: run the same release of ctrl-if on both sides`,
    { expected, received },
  );
}
