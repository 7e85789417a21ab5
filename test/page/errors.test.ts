/** Every refusal of shared memory has its own code and the page's name in its sentence, and leaves nothing behind. */
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createControlPage, createPage, openControlPage, openPage } from '../../lib/page/control-page.ts';
import { shmDirectory, unlinkPage } from '../../lib/page/name.ts';
import { openDoorbell } from '../../lib/page/native-doorbell.ts';
import { NativePage } from '../../lib/page/native-page.ts';
import { namedEngines, testsNative } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { existsInShm, holdsOf, shmFile, usePages } from '../support/pages.ts';
import { usePeers } from '../support/peer.ts';
import { unless } from '../support/skips.ts';

const pages = usePages();
const peer = usePeers();
const isRoot = process.getuid?.() === 0;
const canMount = isRoot && process.platform === 'linux';
const NOBODY = 65534;

/** Runs `act` as another user, which only root can do, and returns to root in any case. */
function asNobody<T>(act: () => T): T {
  process.seteuid!(NOBODY);
  try {
    return act();
  } finally {
    process.seteuid!(0);
  }
}

describe.each(namedEngines)('the %s engine refuses', (engine) => {
  const expectNothingOf = (name: string) => {
    expect(existsInShm(name)).toBe(false);
    expect(holdsOf(name)).toEqual([]);
  };

  it('to create an existing page, and does not change it', () => {
    const page = pages.create(4096, engine);
    page.store32(0, 77);
    for (const create of [
      () => createPage(page.name, 4096, engine),
      () => createControlPage(page.name, new Uint8Array(16), engine),
    ]) {
      const error = expectError('ERR_CTRL_IF_PAGE_EXISTS', page.name, create);
      expect(error).toMatchObject({ subject: page.name, cause: { code: 'EEXIST' } });
      expect(error.errno).toBeLessThan(0);
      expect(error.syscall).toMatch(/open/);
    }
    expect(existsInShm(page.name)).toBe(true);
    expect(page.load32(0)).toBe(77);
    expect(holdsOf(page.name)).toHaveLength(1);
  });

  it('to open a missing page', () => {
    const name = pages.name();
    for (const open of [
      () => openPage(name, 4096, engine),
      () => openControlPage(name, { nonce: new Uint8Array(16) }, engine),
    ]) {
      const error = expectError('ERR_CTRL_IF_PAGE_NOT_FOUND', name, open);
      expect(error).toMatchObject({ subject: name, cause: { code: 'ENOENT' } });
    }
    expectNothingOf(name); // opening creates nothing
  });

  it('to open a page of another user', () => {
    const { name, ...page } = pages.create(4096, engine);
    const open = () => openPage(name, 4096, engine);
    const held = holdsOf(name).length;
    if (isRoot) {
      const error = asNobody(() => expectError('ERR_CTRL_IF_PAGE_PERMISSION', name, open));
      expect(error).toMatchObject({ subject: name, cause: { code: 'EACCES' } });
      asNobody(() => expectError('ERR_CTRL_IF_PAGE_PERMISSION', name, () => unlinkPage(name)));
    } else {
      chmodSync(shmFile(name), 0);
      expectError('ERR_CTRL_IF_PAGE_PERMISSION', name, open);
    }
    expect(page.bytes).toBe(4096);
    expect(existsInShm(name)).toBe(true);
    expect(holdsOf(name)).toHaveLength(held);
  });

  it('to create a page that shared memory has no room for', () => {
    const name = pages.name();
    const error = expectError('ERR_CTRL_IF_PAGE_NO_SPACE', name, () => createPage(name, 2 ** 46, engine));
    expect(error).toMatchObject({ subject: name, cause: { code: expect.stringMatching(/^(ENOSPC|EFBIG)$/) } });
    expectNothingOf(name);
  });

  it.each([0, -4096, 0.5, 4096.5, Number.NaN, Number.POSITIVE_INFINITY])('to create a page of %d bytes', (bytes) => {
    const name = pages.name();
    expectError('ERR_CTRL_IF_PAGE_SYSTEM', name, () => createPage(name, bytes, engine));
    expectNothingOf(name);
  });

  it.each([0, 1, 4095])('to map an object that has only %d bytes left', (bytes) => {
    const { name, unmap } = { ...pages.create(4096, engine), unmap: () => {} };
    unmap();
    truncateSync(shmFile(name), bytes);
    const held = holdsOf(name).length;
    for (const open of [
      () => openPage(name, 4096, engine),
      () => openControlPage(name, { nonce: new Uint8Array(16) }, engine),
    ]) {
      const error = expectError('ERR_CTRL_IF_PAGE_TRUNCATED', `${name} has ${bytes} bytes`, open);
      expect(error.subject).toBe(name);
      expect(holdsOf(name)).toHaveLength(held);
    }
  });

  it('names that shm_open would not accept, and those of no file', () => {
    const before = readdirSync(shmDirectory());
    for (const name of ['', '/', 'noslash', '/a/b', '//', '/..', '/.', '/nul\0', `/${'x'.repeat(255)}`, '/../tmp/x']) {
      for (const act of [
        () => createPage(name, 4096, engine),
        () => openPage(name, 4096, engine),
        () => createControlPage(name, new Uint8Array(16), engine),
        () => openControlPage(name, { nonce: new Uint8Array(16) }, engine),
        () => unlinkPage(name),
      ]) {
        const error = expectError('ERR_CTRL_IF_PAGE_NAME', JSON.stringify(name), act);
        expect(error.received).toBe(name);
      }
    }
    // Bytes count: at most 127 characters of two bytes each fit.
    const long = `/${'ä'.repeat(127)}`;
    expectError('ERR_CTRL_IF_PAGE_NAME', long, () => createPage(`${long}x`, 4096, engine));
    createPage(pages.adopt(long), 4096, engine).unmap();
    expect(readdirSync(shmDirectory()).filter((entry) => !before.includes(entry) && /x{9}|äx/.test(entry))).toEqual([]);
  });

  it('files that are no shared memory', () => {
    const [directory, link, target] = [pages.name(), pages.name(), pages.name()];
    mkdirSync(shmFile(directory));
    writeFileSync(shmFile(target), Buffer.alloc(4096), { mode: 0o600 });
    symlinkSync(shmFile(target), shmFile(link));
    for (const name of [directory, link]) {
      const error = expectError('ERR_CTRL_IF_PAGE_SYSTEM', name, () => openPage(name, 1, engine));
      expect(error.syscall).toMatch(/open/);
      expect(error.cause).toBeInstanceOf(Error);
      expect(holdsOf(name)).toEqual([]);
    }
    expect(holdsOf(target)).toEqual([]);
  });

  it('to keep a control page that it could not complete', () => {
    const name = pages.name();
    expect(() => createControlPage(name, new Uint8Array(5000), engine)).toThrow();
    expectNothingOf(name);
  });

  it.runIf(isRoot)(`a control page of another user, or one that others may open${unless(isRoot, 'root')}`, () => {
    const nonce = new Uint8Array(16).fill(3);
    const foreign = pages.name();
    createControlPage(foreign, nonce, engine).unmap();
    chownSync(shmFile(foreign), NOBODY, NOBODY);
    const error = expectError('ERR_CTRL_IF_PAGE_OWNER', foreign, () => openControlPage(foreign, { nonce }, engine));
    expect(error).toMatchObject({ subject: foreign, received: NOBODY, expected: 'uid 0' });
    expect(holdsOf(foreign)).toEqual([]);
  });

  it.each(['644', '660', '601', '602'])('a control page of mode %s', (mode) => {
    const nonce = new Uint8Array(16).fill(3);
    const name = pages.name();
    createControlPage(name, nonce, engine).unmap();
    chmodSync(shmFile(name), mode);
    const error = expectError('ERR_CTRL_IF_PAGE_OWNER', name, () => openControlPage(name, { nonce }, engine));
    expect(error).toMatchObject({ subject: name, received: mode, expected: '600' });
    expect(holdsOf(name)).toEqual([]);
    chmodSync(shmFile(name), 0o600);
    pages.keep(openControlPage(name, { nonce }, engine));
  });

  it('when this process has no descriptors left', () => {
    const name = pages.name();
    createPage(name, 4096, engine).unmap();
    const taken: number[] = [];
    try {
      // Only if the limit is low enough to be reached quickly; the system sets it.
      for (let i = 0; i < 70_000; i++) taken.push(openSync('/dev/null', 'r'));
    } catch (failure) {
      expect((failure as NodeJS.ErrnoException).code).toBe('EMFILE');
      const errors = [() => openPage(name, 4096, engine), () => createPage(pages.name(), 4096, engine)].map((act) => {
        try {
          act().unmap();
          return undefined;
        } catch (error) {
          return error as { code: string; cause: { code: string }; message: string };
        }
      });
      for (const fd of taken.splice(0)) closeSync(fd);
      for (const error of errors) {
        expect(error).toMatchObject({ code: 'ERR_CTRL_IF_DESCRIPTORS', cause: { code: 'EMFILE' } });
      }
    } finally {
      for (const fd of taken) closeSync(fd);
    }
    expect(holdsOf(name)).toEqual([]);
  });

  it.runIf(canMount)(
    `to promise memory that a full /dev/shm does not have: an error, and no SIGBUS later${unless(canMount, 'root, on Linux')}`,
    async () => {
      // A mount namespace with a /dev/shm of 64 KiB: 16 blocks for pages of 3.
      const mount = 'mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$0" "$@"';
      const child = peer('fill-shm', { engine }, { under: ['unshare', '-m', 'sh', '-c', mount] });
      const said = await child.next<{ failure: { code: string; message: string }; made: number; names: number }>();
      expect(said.failure.code).toBe('ERR_CTRL_IF_PAGE_NO_SPACE');
      expect(said.failure.message).toContain('/fill.5');
      expect(said).toMatchObject({ made: 5, names: 5 });
      expect(await child.end()).toMatchObject({ code: 0, signal: null });
    },
  );
});

it.runIf(testsNative)('a descriptor that is no shared memory is refused by its kind', () => {
  const pipe = openDoorbell(() => {});
  try {
    expectError('ERR_CTRL_IF_PAGE_MAGIC', 'no shared memory', () =>
      NativePage.openAt(process.pid, pipe.writeFd, 0, 4096),
    );
  } finally {
    pipe.close();
  }
  expectError('ERR_CTRL_IF_PAGE_NOT_FOUND', `of process ${process.pid}`, () =>
    NativePage.openAt(process.pid, 2 ** 20, 0, 4096),
  );
});
