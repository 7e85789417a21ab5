import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';
import { isPageName } from '../page/name.ts';
import type { ProcessIdentity } from '../page/process-identity.ts';
import { PAGE_NONCE_BYTES } from '../wire/page.ts';

/**
 * The lines of the rendezvous, in their order. The guest announces its page's name before it creates it, so that at any
 * moment in which a page has a name somebody other than its maker knows it and can take it away.
 *
 * 1. guest: {@link Announcement}
 * 2. guest: `{"ready":true}`, the page exists
 * 3. controller: {@link Welcome} or {@link Refusal}; the page's name is gone
 * 4. either, at the end: `{"bye":true}`; a socket that closes without it tells of a death
 */
const HANDSHAKE_VERSION = 1;

export interface Announcement {
  page: string;
  nonce: Uint8Array;
  owner: ProcessIdentity;
}

export interface Welcome {
  domid: number;
  controller: ProcessIdentity;
}

export const READY = { ready: true };
export const BYE = { bye: true };

export function announcementLine({ page, nonce, owner }: Announcement): object {
  return {
    announce: HANDSHAKE_VERSION,
    page,
    nonce: Buffer.from(nonce).toString('hex'),
    pid: owner.pid,
    startTime: String(owner.startTime),
  };
}

/** Throws `ERR_CTRL_IF_HANDSHAKE` for a line that is none of ours. */
export function parseAnnouncement(line: Record<string, unknown>): Announcement {
  const { announce, page, nonce, pid, startTime } = line;
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
  return { page, nonce: Buffer.from(nonce, 'hex'), owner: { pid: pid as number, startTime: BigInt(startTime) } };
}

export function welcomeLine({ domid, controller }: Welcome): object {
  return { welcome: HANDSHAKE_VERSION, domid, pid: controller.pid, startTime: String(controller.startTime) };
}

export function refusalLine({ code, message }: CtrlIfError): object {
  return { refused: code, message };
}

/** The domid from a welcome; throws the controller's own error for a refusal. */
export function parseWelcome(line: Record<string, unknown>): { domid: number } {
  if (typeof line.refused === 'string') {
    throw new CtrlIfError(line.refused as CtrlIfErrorCode, `the controller refused: ${String(line.message)}`);
  }
  if (line.welcome !== HANDSHAKE_VERSION || !Number.isInteger(line.domid)) {
    throw handshakeError('did not say welcome', `welcome ${HANDSHAKE_VERSION} with a domid`, line);
  }
  return { domid: line.domid as number };
}

export function handshakeError(what: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_HANDSHAKE',
    `the other side ${what}; expected ${expected}: run the same release of ctrl-if on both sides`,
    { expected, received },
  );
}
