/** The checks of `ctrl-if doctor`: each tries one thing and returns its result, with advice when it failed. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { Controller } from '../domain/controller.ts';
import { Guest } from '../domain/guest.ts';
import { DEFAULT_NAME, ensureRuntimeDirectory, socketPath } from '../domain/runtime-directory.ts';
import { loadAddon } from '../page/addon.ts';
import { type ChosenEngine, chooseEngine } from '../page/choose-engine.ts';
import { createPage, openPage } from '../page/control-page.ts';
import { newPageName, shmDirectory, unlinkPage } from '../page/name.ts';
import { addonAdvice, packageRoot } from '../page/package-place.ts';
import { SEED_MESSAGES } from '../wire/index.ts';
import { PAGE_BYTES } from '../wire/page.ts';
import { measureAlone } from './compare.ts';
import { contestantOf } from './comparison.ts';
import { conditionOf, microseconds, rounded } from './comparison-report.ts';
import { exchangeAll, identicalMessages, verdict } from './exchange.ts';
import { firstLine } from './failure.ts';
import { withSecondProcess } from './second-process.ts';

export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  found: string;
  /** What to do. Present unless the status is ok. */
  advice?: string;
  /** The figures of the finding, for `--json`. */
  figures?: Readonly<Record<string, number | null>>;
}

const ok = (found: string): Finding => ({ status: 'ok', found });
const warn = (found: string, advice: string): Finding => ({ status: 'warn', found, advice });
const fail = (found: string, advice: string): Finding => ({ status: 'fail', found, advice });

export function checkNode(): Finding {
  const found = `${process.version}, ${process.platform}-${process.arch}`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  return isNewEnough ? ok(found) : fail(found, 'use Node 20.19 or newer');
}

/**
 * The engine that links will use on this machine.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` when there is none
 */
export function checkEngine(): Finding {
  const { engine, why } = chooseEngine();
  const found = `${engine}: ${why}`;
  if (engine === 'native' || loadAddon().addon) return ok(found);
  return warn(found, `if pure JS is too slow for you (ctrl-if demo measures it), ${addonAdvice()}`);
}

/** The engine of {@link checkEngine}; undefined when there is none. */
export function engineHere(): ChosenEngine['engine'] | undefined {
  try {
    return chooseEngine().engine;
  } catch {
    return undefined;
  }
}

export function checkAddon(): Finding {
  const load = loadAddon();
  if (!load.addon) return warn(firstLine(load.reason), addonAdvice());
  const locate = createRequire(import.meta.url)('node-gyp-build') as { path(root: string): string };
  return ok(locate.path(packageRoot()));
}

export function checkPageSize(): Finding {
  const system = systemPageBytes();
  return ok(`a control page has ${PAGE_BYTES} bytes; the system's pages have ${system ?? 'an unknown number of'}`);
}

export function checkSharedMemory(): Finding {
  const directory = shmDirectory();
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const mode = (statSync(directory).mode & 0o7777).toString(8);
  const found = `${directory}, mode ${mode}, ${megabytes(free)} free`;
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return fail(`${found}, not writable for this user`, `give this user access (usually: chmod 1777 ${directory})`);
  }
  if (free < PAGE_BYTES) return fail(found, `free some of ${directory} (df ${directory}), or enlarge it`);
  if (free < 256 * PAGE_BYTES) {
    return warn(
      `${found}, enough for ${Math.floor(free / PAGE_BYTES)} guests`,
      `enlarge it (containers: --shm-size=64m)`,
    );
  }
  if (directory === tmpdir())
    return warn(found, 'mount a tmpfs at /dev/shm: without one the file engine uses the disk');
  return ok(found);
}

export function checkRuntimeDirectory(): Finding {
  const directory = ensureRuntimeDirectory();
  const { mode, uid } = statSync(directory);
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  socketPath(directory, DEFAULT_NAME);
  return ok(`${directory}, mode ${(mode & 0o777).toString(8)}, user ${uid}`);
}

/** Creates a page, maps it a second time as a peer does, and compares the bytes read there with those written here. */
export function checkPage(engine: ChosenEngine['engine']): Finding {
  if (engine === 'native' && !loadAddon().addon) return warn('not tried: the addon does not load', addonAdvice());
  const name = newPageName();
  const written = randomBytes(PAGE_BYTES);
  const page = createPage(name, PAGE_BYTES, engine);
  try {
    const peer = openPage(name, PAGE_BYTES, engine);
    try {
      page.write(0, written);
      const seen = Buffer.alloc(PAGE_BYTES);
      peer.read(0, seen);
      if (!seen.equals(written))
        return fail('a second mapping has other bytes than were written', 'use a local tmpfs for shared memory');
    } finally {
      peer.unmap();
    }
  } finally {
    page.unmap();
    unlinkPage(name);
  }
  return ok('created, mapped twice, written, read and removed');
}

/** Connects a guest to a controller, both in this process, and sends one request. */
export async function checkLink(engine: ChosenEngine['engine']): Promise<Finding> {
  const name = `doctor-${process.pid}-${randomBytes(3).toString('hex')}`;
  const controller = await Controller.listen({ name, engine });
  try {
    controller.on('domain', (domain) => domain.receive('BLKIF_FE_DRIVER_STATUS', () => {}));
    const guest = await Guest.connect({ name, engine });
    try {
      await guest.request({ name: 'BLKIF_FE_DRIVER_STATUS', status: 1 }, { timeout: 2000 });
    } finally {
      await guest.close();
    }
  } finally {
    await controller.close();
  }
  return ok(`${engine} engine: a guest connected to a controller and got an answer`);
}

/** Sends all messages between this process and a second one, then times a request. */
export async function checkExchange(engine: ChosenEngine['engine'], interrupted: AbortSignal): Promise<Finding> {
  const finding = await withSecondProcess(interrupted, async (second) => {
    const domain = await second.link(engine);
    const rows = await exchangeAll(domain, second);
    const { microseconds: took, woken } = await measureAlone(contestantOf(engine, domain));
    const figures = { messages: SEED_MESSAGES.length, identical: identicalMessages(rows), microseconds: rounded(took) };
    const wrong = rows.find((row) => row.wrong !== undefined);
    if (wrong) {
      const first = `${wrong.name}: ${wrong.wrong}`;
      return {
        ...fail(`${verdict(rows)}; ${first}`, 'report it with this output'),
        figures,
      };
    }
    const request = `a request takes ${microseconds(took)} µs (${conditionOf(woken)})`;
    return { ...ok(`${verdict(rows)}, between two processes; ${request}`), figures };
  });
  return finding ?? fail('interrupted', 'run it again');
}

export function checkProcessors(): Finding {
  const count = availableParallelism();
  if (count > 1) return ok(`${count}`);
  return warn(
    '1: a side cannot poll, so each message costs a wake-up of about 50 µs',
    'give the processes two CPUs or more',
  );
}

/** AT_PAGESZ of the auxiliary vector, a list of pairs of machine words. Without /proc, getconf has the size. */
function systemPageBytes(): number | undefined {
  const AT_PAGESZ = 6n;
  try {
    const vector = readFileSync('/proc/self/auxv');
    for (let offset = 0; offset + 16 <= vector.length; offset += 16) {
      if (vector.readBigUInt64LE(offset) === AT_PAGESZ) return Number(vector.readBigUInt64LE(offset + 8));
    }
  } catch {
    // No /proc here.
  }
  const answer = Number.parseInt(spawnSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }).stdout ?? '', 10);
  return Number.isNaN(answer) ? undefined : answer;
}

function megabytes(bytes: number): string {
  return bytes < 1 << 20 ? `${Math.floor(bytes / 1024)} KiB` : `${Math.floor(bytes / (1 << 20))} MiB`;
}
