import { CtrlIfError } from '../errors.ts';
import {
  PAGE_BYTES,
  PAGE_DOMID,
  PAGE_IDENTITY,
  PAGE_MAGIC,
  PAGE_NONCE_BYTES,
  PAGE_PROCESS,
  PAGE_VERSION,
  PROCESS_ENGINE,
  PROCESS_PID,
  PROCESS_START_TIME,
} from '../wire/page.ts';
import { chooseEngine, engineNamed } from './choose-engine.ts';
import { ENGINES } from './engines.ts';
import { checkPageName, newPageName, unlinkPage } from './name.ts';
import type { EventPage, NamedEngine, NamedPage, Page } from './page.ts';
import { isAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

/** A side of a control page. The guest owns the page. */
export type Role = 'guest' | 'controller';

/**
 * Creates and maps a zeroed segment of `bytes` bytes that only this user can read and write. Give {@link unlinkPage} its name
 * once the peer has opened it.
 *
 * @param name as `newPageName` makes it
 * @param engine default: as {@link chooseEngine} chooses
 * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NAME` when the name is invalid; `ERR_CTRL_IF_PAGE_EXISTS` when it is in use;
 *   `ERR_CTRL_IF_PAGE_NO_SPACE` when shared memory has no room; `ERR_CTRL_IF_PAGE_SYSTEM` or `ERR_CTRL_IF_DESCRIPTORS` when the
 *   system fails; `ERR_CTRL_IF_ENGINE` when the engine cannot serve
 */
export function createPage(name: string, bytes: number, engine: NamedEngine = chooseEngine().engine): NamedPage {
  checkPageName(name);
  return engineNamed(engine).create(name, bytes);
}

/**
 * Creates the page of a domain that has no control interface, such as the controller, for its event channels. Undefined where
 * the engine has no event channels.
 */
export function createEventPage(engine: NamedEngine): EventPage | undefined {
  const own = engineNamed(engine);
  if (!own.openEventPage) return undefined;
  const name = newPageName();
  const page = own.create(name, PAGE_BYTES, true);
  // Peers open it by its descriptor.
  unlinkPage(name);
  return page.eventPage;
}

/**
 * Maps an existing segment of at least `minBytes` bytes.
 *
 * @param engine default: as {@link chooseEngine} chooses
 * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NAME` when the name is invalid; `ERR_CTRL_IF_PAGE_NOT_FOUND` when it does not exist;
 *   `ERR_CTRL_IF_PAGE_TRUNCATED` when it is shorter; `ERR_CTRL_IF_PAGE_PERMISSION` when it belongs to another user;
 *   `ERR_CTRL_IF_ENGINE` when the engine cannot serve
 */
export function openPage(name: string, minBytes: number, engine: NamedEngine = chooseEngine().engine): NamedPage {
  checkPageName(name);
  return engineNamed(engine).open(name, minBytes);
}

/** Maps the first `bytes` bytes of a segment that may be longer, such as frame 0 of a memory. */
export function openStart(name: string, bytes: number, engine: NamedEngine): NamedPage {
  checkPageName(name);
  return engineNamed(engine).open(name, bytes, true);
}

/** Creates a control page of this process. Its descriptor stays open for peers. */
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

/** Writes the identity of a control page of this process into a new page. */
export function markControlPage(page: Page, nonce: Uint8Array): void {
  page.write(PAGE_IDENTITY.nonce, nonce);
  page.store32(PAGE_IDENTITY.version, PAGE_VERSION);
  page.store32(PAGE_IDENTITY.bytes, page.bytes);
  page.store32(PAGE_IDENTITY.magic + 4, PAGE_MAGIC[1]);
  page.store32(PAGE_IDENTITY.magic, PAGE_MAGIC[0]);
  writeIdentity(page, 'guest');
}

/** Writes which process is on that side of the page, and its engine. */
export function writeIdentity(page: Page, role: Role, identity: ProcessIdentity = processIdentity()): void {
  const offset = PAGE_PROCESS[role];
  const startTime = new Uint8Array(8);
  new DataView(startTime.buffer).setBigUint64(0, identity.startTime, true);
  page.write(offset + PROCESS_START_TIME, startTime);
  page.store32(offset + PROCESS_ENGINE, page.engineNumber);
  page.store32(offset + PROCESS_PID, identity.pid);
}

export function writeDomid(page: Page, domid: number): void {
  page.store32(PAGE_DOMID, domid);
}

/** Whether that side writes whole words. If not, it writes them as bytes, and the peer may read one half-written. */
export function isAtomic(page: Page, role: Role): boolean {
  const number = page.load32(PAGE_PROCESS[role] + PROCESS_ENGINE);
  return ENGINES.find((engine) => engine.number === number)?.atomic ?? true;
}

/** The announced identity of a control page. */
export interface Expectation {
  nonce: Uint8Array;
  /** The process that created the page. Default: any living process of this user. */
  owner?: ProcessIdentity;
}

/**
 * Maps the control page `name` and checks it. When a check fails, nothing stays mapped.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_PAGE_OWNER` when the page belongs to another user or process, or is open to other users;
 *   `ERR_CTRL_IF_PAGE_TRUNCATED` when it is too short; `ERR_CTRL_IF_PAGE_MAGIC` when it is no control page;
 *   `ERR_CTRL_IF_PAGE_VERSION` when its layout is of another version; `ERR_CTRL_IF_PAGE_STALE` when its process is dead;
 *   `ERR_CTRL_IF_PAGE_NONCE` when its nonce is another; the errors of {@link openPage}
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
      `page ${name} is open to other users (mode ${(page.mode & 0o777).toString(8)})`,
      {
        advice: 'make it 600',
        subject: name,
        expected: '600',
        received: (page.mode & 0o777).toString(8),
      },
    );
  }
}

function verifyIdentity(page: Page, name: string, { nonce, owner }: Expectation): void {
  const fail = (
    code: CtrlIfError['code'],
    state: string,
    advice: string,
    offset: number,
    expected: unknown,
    received: unknown,
  ) =>
    new CtrlIfError(code, `page ${name} ${state}`, {
      advice,
      subject: name,
      offset,
      expected: String(expected),
      received,
    });

  const magic = [page.load32(PAGE_IDENTITY.magic), page.load32(PAGE_IDENTITY.magic + 4)];
  if (magic[0] !== PAGE_MAGIC[0] || magic[1] !== PAGE_MAGIC[1]) {
    throw fail(
      'ERR_CTRL_IF_PAGE_MAGIC',
      'is not a control page: it has no magic at byte 2048',
      'name a control page',
      PAGE_IDENTITY.magic,
      PAGE_MAGIC,
      magic,
    );
  }
  const version = page.load32(PAGE_IDENTITY.version);
  if (version !== PAGE_VERSION) {
    throw fail(
      'ERR_CTRL_IF_PAGE_VERSION',
      `has layout version ${version}, and this ctrl-if has ${PAGE_VERSION}`,
      'run the same release on both sides',
      PAGE_IDENTITY.version,
      PAGE_VERSION,
      version,
    );
  }
  const bytes = page.load32(PAGE_IDENTITY.bytes);
  if (bytes < PAGE_BYTES || bytes > page.bytes) {
    throw fail(
      'ERR_CTRL_IF_PAGE_TRUNCATED',
      `should have ${bytes} bytes and has ${page.bytes}`,
      'connect again, with a new page',
      PAGE_IDENTITY.bytes,
      bytes,
      page.bytes,
    );
  }
  const guest = readIdentity(page, 'guest');
  if (!isAlive(guest)) {
    throw fail(
      'ERR_CTRL_IF_PAGE_STALE',
      `was left behind by process ${guest.pid}, which is gone`,
      'unlink it',
      PAGE_PROCESS.guest,
      'a living process',
      guest.pid,
    );
  }
  if (owner && (owner.pid !== guest.pid || owner.startTime !== guest.startTime)) {
    throw fail(
      'ERR_CTRL_IF_PAGE_OWNER',
      `belongs to process ${guest.pid}, but process ${owner.pid} announced it`,
      'have the process that made it connect',
      PAGE_PROCESS.guest,
      owner.pid,
      guest.pid,
    );
  }
  const found = new Uint8Array(PAGE_NONCE_BYTES);
  page.read(PAGE_IDENTITY.nonce, found);
  if (Buffer.compare(found, nonce) !== 0) {
    throw fail(
      'ERR_CTRL_IF_PAGE_NONCE',
      'belongs to another link: its nonce is not the announced one',
      'connect again',
      PAGE_IDENTITY.nonce,
      hex(nonce),
      hex(found),
    );
  }
}

/** The process on that side of the page, by the words in the page. */
export function readIdentity(page: Page, role: Role): ProcessIdentity {
  const startTime = new Uint8Array(8);
  page.read(PAGE_PROCESS[role] + PROCESS_START_TIME, startTime);
  return {
    pid: page.load32(PAGE_PROCESS[role] + PROCESS_PID),
    startTime: new DataView(startTime.buffer).getBigUint64(0, true),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
