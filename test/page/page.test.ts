/** Pages of every engine. */
import { statSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createPage, openPage } from '../../lib/page/control-page.ts';
import { unlinkPage } from '../../lib/page/name.ts';
import type { Page } from '../../lib/page/page.ts';
import { enginePairs, namedEngines, testsNative } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { bytesOf, existsInShm, holdsOf, shmFile, usePages } from '../support/pages.ts';

const pages = usePages();
const umask = process.umask();
afterEach(() => {
  process.umask(umask);
});

describe.each(enginePairs)('one memory, mapped by %s and by %s', (first, second) => {
  const map = () => {
    const { front, back } = pages.shared(4096, first, second);
    return [front, back] as const;
  };

  it('is zero, and as large as requested', () => {
    for (const page of map()) {
      expect(page.bytes).toBe(4096);
      expect(bytesOf(page, 0, 4096).equals(Buffer.alloc(4096))).toBe(true);
    }
  });

  it('holds words that both see, little-endian and unsigned', () => {
    const [a, b] = map();
    for (const [offset, value] of [
      [0, 1],
      [4, 0x80000000],
      [2048, 0xffffffff],
      [4092, 0x01020304],
    ] as const) {
      a.store32(offset, value);
      expect(b.load32(offset)).toBe(value);
      expect(a.load32(offset)).toBe(value);
      expect(bytesOf(b, offset, 4).readUInt32LE()).toBe(value);
    }
    b.store32(8, -1);
    expect(a.load32(8)).toBe(0xffffffff);
    b.store32(8, 2 ** 32 + 5);
    expect(a.load32(8)).toBe(5);
  });

  it('holds bytes that both see, and touches no others', () => {
    const [a, b] = map();
    a.write(101, Uint8Array.of(1, 2, 3));
    b.write(4095, Uint8Array.of(9));
    a.write(7, new Uint8Array(0));
    const expected = Buffer.alloc(4096);
    expected.set([1, 2, 3], 101);
    expected[4095] = 9;
    expect(bytesOf(b, 0, 4096).equals(expected)).toBe(true);
    const part = new Uint8Array(8).fill(0xee);
    a.read(102, part.subarray(2, 4));
    expect([...part]).toEqual([0xee, 0xee, 2, 3, 0xee, 0xee, 0xee, 0xee]);
  });

  it('lets exactly one notifier claim a wakeup that was armed', () => {
    const [sleeper, notifier] = map();
    const word = 2432;
    expect(notifier.claimWakeup(word)).toBe(process.arch !== 'x64' && notifier.engine === 'file');
    sleeper.armWakeup(word);
    expect(notifier.load32(word)).toBe(1);
    expect(notifier.claimWakeup(word)).toBe(true);
    expect(sleeper.load32(word)).toBe(0);
    if (process.arch === 'x64') expect(notifier.claimWakeup(word)).toBe(false);
  });

  it('refuses accesses outside, and changes nothing there or inside', () => {
    for (const page of map()) {
      for (const outside of [4096, 4097, -4, 2 ** 31, 2 ** 32]) {
        expect(() => page.write(outside, Uint8Array.of(1)), `write at ${outside}`).toThrow();
        expect(() => page.read(outside, new Uint8Array(1)), `read at ${outside}`).toThrow();
        if (outside % 4 !== 0 || outside === 2 ** 32) continue; // a SharedArrayBuffer's words are indexed in 32 bits
        expect(() => page.load32(outside), `load32 at ${outside}`).toThrow();
        expect(() => page.store32(outside, 1), `store32 at ${outside}`).toThrow();
      }
      expect(() => page.write(4093, Uint8Array.of(1, 2, 3, 4))).toThrow();
      expect(() => page.read(4093, new Uint8Array(4))).toThrow();
      expect(() => page.write(0, new Uint8Array(4097))).toThrow();
      expect(bytesOf(page, 0, 4096).equals(Buffer.alloc(4096))).toBe(true);
      expect(page.bytes).toBe(4096);
    }
  });

  it('throws ERR_CTRL_IF_PAGE_CLOSED from every call after unmap, which may be repeated', () => {
    const [a, b] = map();
    a.store32(0, 7);
    a.unmap();
    a.unmap();
    const calls: ((page: Page) => unknown)[] = [
      (page) => page.load32(0),
      (page) => page.store32(0, 1),
      (page) => page.armWakeup(0),
      (page) => page.claimWakeup(0),
      (page) => page.read(0, new Uint8Array(1)),
      (page) => page.write(0, Uint8Array.of(1)),
    ];
    for (const call of calls) expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => call(a));
    expect(b.load32(0)).toBe(7); // the other's mapping is its own
  });
});

describe.each(namedEngines)('a named page of the %s engine', (engine) => {
  it('belongs to this user alone, for any umask', () => {
    for (const mask of [0, 0o077]) {
      process.umask(mask);
      const page = pages.keep(createPage(pages.name(), 4096, engine));
      expect(page.mode).toBe(0o600);
      expect(page.uid).toBe(process.getuid!());
      expect(page.engine).toBe(engine);
      expect(page.atomic).toBe(engine === 'native');
    }
  });

  it('has all its memory reserved when it is created', () => {
    const bytes = 3 * 2 ** 20 + 4096;
    const { name } = pages.create(bytes, engine);
    const { size, blocks } = statSync(shmFile(name));
    expect(size).toBe(bytes);
    expect(blocks * 512).toBeGreaterThanOrEqual(bytes);
  });

  it('lives on without its name, until the last of its mappings is gone', () => {
    const name = pages.name();
    const a = pages.keep(createPage(name, 4096, engine));
    const b = namedEngines.map((other) => pages.keep(openPage(name, 4096, other)));
    unlinkPage(name);
    expect(existsInShm(name)).toBe(false);
    a.store32(12, 345);
    for (const page of b) expect(page.load32(12)).toBe(345);
    expect(holdsOf(name)).toHaveLength(1 + b.length);
    for (const page of [a, ...b]) page.unmap();
    expect(holdsOf(name)).toEqual([]);
    unlinkPage(name); // gone already: no error
  });

  it('opens with its whole size, however little is requested', () => {
    const { name } = pages.create(8192, engine);
    for (const other of namedEngines) {
      const page = pages.keep(openPage(name, 1, other));
      expect(page.bytes).toBe(8192);
      page.store32(8188, 1);
    }
  });
});

it.runIf(testsNative)('the native engine is there to be tested: without its addon this suite fails', () => {
  expect(pages.create(4096, 'native').engine).toBe('native');
});
