import { CtrlIfError } from '../errors.ts';
import {
  PAGE_BYTES,
  PAGE_DOMID,
  PAGE_IDENTITY,
  PAGE_MAGIC,
  PAGE_NONCE_BYTES,
  PAGE_PARTY,
  PAGE_VERSION,
  PARTY_ENGINE,
  PARTY_PID,
  PARTY_START_TIME,
} from '../wire/page.ts';
import { chooseEngine, engineNamed } from './choose-engine.ts';
import { ENGINES } from './engines.ts';
import { checkPageName, newPageName, unlinkPage } from './name.ts';
import type { EventPage, NamedEngine, NamedPage, Page } from './page.ts';
import { isAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

/** Which side of a control page: the guest's, who owns it, or the controller's. */
export type Role = 'guest' | 'controller';

/**
 * Maps a new, zeroed segment of `bytes` bytes, readable and writable by this user alone. The engine is the one that
 * {@link chooseEngine} chooses unless given.
 */
export function createPage(name: string, bytes: number, engine: NamedEngine = chooseEngine().engine): NamedPage {
  checkPageName(name);
  return engineNamed(engine).create(name, bytes);
}

/**
 * The page of a domain that has no control interface, such as the controller: for its event channels alone. Undefined
 * where the engine has none.
 */
export function createEventPage(engine: NamedEngine): EventPage | undefined {
  const own = engineNamed(engine);
  if (!own.openEventPage) return undefined;
  const name = newPageName();
  const page = own.create(name, PAGE_BYTES, true);
  // Nobody opens it by name.
  unlinkPage(name);
  return page.eventPage;
}

/** Maps an existing segment of at least `minBytes` bytes; the engine as for {@link createPage}. */
export function openPage(name: string, minBytes: number, engine: NamedEngine = chooseEngine().engine): NamedPage {
  checkPageName(name);
  return engineNamed(engine).open(name, minBytes);
}

/** Maps the first `bytes` bytes of a segment that may be longer, such as frame 0 of a memory. */
export function openStart(name: string, bytes: number, engine: NamedEngine): NamedPage {
  checkPageName(name);
  return engineNamed(engine).open(name, bytes, true);
}

/** Makes a control page, whose descriptor is kept for peers, and writes whose it is. */
export function createControlPage(name: string, nonce: Uint8Array, engine: NamedEngine): NamedPage {
  checkPageName(name);
  const page = engineNamed(engine).create(name, PAGE_BYTES, true);
  try {
    markControlPage(page, nonce);
    return page;
  } catch (failure) {
    page.unmap();
    unlinkPage(name);
    throw failure;
  }
}

/** Writes into a new page that it is a control page, and this process's. */
export function markControlPage(page: Page, nonce: Uint8Array): void {
  page.write(PAGE_IDENTITY.nonce, nonce);
  page.store32(PAGE_IDENTITY.version, PAGE_VERSION);
  page.store32(PAGE_IDENTITY.bytes, page.bytes);
  page.store32(PAGE_IDENTITY.magic + 4, PAGE_MAGIC[1]);
  page.store32(PAGE_IDENTITY.magic, PAGE_MAGIC[0]);
  writeIdentity(page, 'guest');
}

/** Writes which process is on that side of the page, and by which engine. */
export function writeIdentity(page: Page, role: Role, identity: ProcessIdentity = processIdentity()): void {
  const offset = PAGE_PARTY[role];
  const startTime = new Uint8Array(8);
  new DataView(startTime.buffer).setBigUint64(0, identity.startTime, true);
  page.write(offset + PARTY_START_TIME, startTime);
  page.store32(offset + PARTY_ENGINE, page.engineNumber);
  page.store32(offset + PARTY_PID, identity.pid);
}

export function writeDomid(page: Page, domid: number): void {
  page.store32(PAGE_DOMID, domid);
}

/** Whether that side moves whole words. If not, it moves them as bytes, and the other may see one half-written. */
export function isAtomic(page: Page, role: Role): boolean {
  const number = page.load32(PAGE_PARTY[role] + PARTY_ENGINE);
  return ENGINES.find((engine) => engine.number === number)?.atomic ?? true;
}

export interface Expectation {
  nonce: Uint8Array;
  /** The process that must have made it; without, any living one of this user. */
  owner?: ProcessIdentity;
}

/**
 * Maps the control page `name` and trusts nothing about it before it is checked: this user's and closed to others
 * (`ERR_CTRL_IF_PAGE_OWNER`), whole (`_TRUNCATED`), ours (`_MAGIC`), of this version (`_VERSION`), of a living process
 * (`_STALE`) and the one that was announced (`_NONCE`). When a check fails nothing stays mapped.
 */
export function openControlPage(name: string, expected: Expectation, engine: NamedEngine): NamedPage {
  const page = openStart(name, PAGE_BYTES, engine);
  try {
    verifyOwner(page, name);
    verifyIdentity(page, name, expected);
    return page;
  } catch (failure) {
    page.unmap();
    throw failure;
  }
}

function verifyOwner(page: NamedPage, name: string): void {
  const uid = process.getuid?.();
  if (uid !== undefined && page.uid !== uid) {
    throw new CtrlIfError(
      'ERR_CTRL_IF_PAGE_OWNER',
      `page ${name} belongs to user ${page.uid}, not to this process's user ${uid}`,
      { advice: 'run both as one user', subject: name, expected: `uid ${uid}`, received: page.uid },
    );
  }
  if ((page.mode & 0o077) !== 0) {
    throw new CtrlIfError(
      'ERR_CTRL_IF_PAGE_OWNER',
      `page ${name} is open to other users (mode ${(page.mode & 0o777).toString(8)}); a control page must be 600`,
      {
        subject: name,
        expected: '600',
        received: (page.mode & 0o777).toString(8),
      },
    );
  }
}

function verifyIdentity(page: Page, name: string, { nonce, owner }: Expectation): void {
  const fail = (code: CtrlIfError['code'], sentence: string, offset: number, expected: unknown, received: unknown) =>
    new CtrlIfError(code, `page ${name} ${sentence}`, { subject: name, offset, expected: String(expected), received });

  const magic = [page.load32(PAGE_IDENTITY.magic), page.load32(PAGE_IDENTITY.magic + 4)];
  if (magic[0] !== PAGE_MAGIC[0] || magic[1] !== PAGE_MAGIC[1]) {
    throw fail(
      'ERR_CTRL_IF_PAGE_MAGIC',
      'is not a control page: it does not say so at byte 2048; name the right one',
      PAGE_IDENTITY.magic,
      PAGE_MAGIC,
      magic,
    );
  }
  const version = page.load32(PAGE_IDENTITY.version);
  if (version !== PAGE_VERSION) {
    throw fail(
      'ERR_CTRL_IF_PAGE_VERSION',
      `has layout version ${version}, this ctrl-if speaks ${PAGE_VERSION}; run the same release on both sides`,
      PAGE_IDENTITY.version,
      PAGE_VERSION,
      version,
    );
  }
  const bytes = page.load32(PAGE_IDENTITY.bytes);
  if (bytes < PAGE_BYTES || bytes > page.bytes) {
    throw fail(
      'ERR_CTRL_IF_PAGE_TRUNCATED',
      `says it has ${bytes} bytes and has ${page.bytes}; it was cut short`,
      PAGE_IDENTITY.bytes,
      bytes,
      page.bytes,
    );
  }
  const guest = readIdentity(page, 'guest');
  if (!isAlive(guest)) {
    throw fail(
      'ERR_CTRL_IF_PAGE_STALE',
      `was left behind by process ${guest.pid}, which is gone; unlink it`,
      PAGE_PARTY.guest,
      'a living process',
      guest.pid,
    );
  }
  if (owner && (owner.pid !== guest.pid || owner.startTime !== guest.startTime)) {
    throw fail(
      'ERR_CTRL_IF_PAGE_OWNER',
      `belongs to process ${guest.pid}, but process ${owner.pid} announced it`,
      PAGE_PARTY.guest,
      owner.pid,
      guest.pid,
    );
  }
  const found = new Uint8Array(PAGE_NONCE_BYTES);
  page.read(PAGE_IDENTITY.nonce, found);
  if (Buffer.compare(found, nonce) !== 0) {
    throw fail(
      'ERR_CTRL_IF_PAGE_NONCE',
      "is another link's page: its nonce is not the one announced; connect again",
      PAGE_IDENTITY.nonce,
      hex(nonce),
      hex(found),
    );
  }
}

/** The process on that side of the page, as the page says. */
export function readIdentity(page: Page, role: Role): ProcessIdentity {
  const startTime = new Uint8Array(8);
  page.read(PAGE_PARTY[role] + PARTY_START_TIME, startTime);
  return {
    pid: page.load32(PAGE_PARTY[role] + PARTY_PID),
    startTime: new DataView(startTime.buffer).getBigUint64(0, true),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
