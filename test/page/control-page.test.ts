/** The identity of a control page: where it lies, and every check of it that fails. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createControlPage,
  isAtomic,
  openControlPage,
  readIdentity,
  writeDomid,
  writeIdentity,
} from '../../lib/page/control-page.ts';
import type { Page } from '../../lib/page/page.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import { PAGE_WAKEUP } from '../../lib/wire/page.ts';
import { engineNumber, namedEngines } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { holdsOf, shmFile, usePages } from '../support/pages.ts';

const pages = usePages();
const nonce = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);
const enginePairs = namedEngines.flatMap((maker) => namedEngines.map((opener) => [maker, opener] as const));

describe.each(namedEngines)('a control page made by the %s engine', (engine) => {
  it('has every byte where docs/page-layout.md has it, and is zero elsewhere', () => {
    const name = pages.name();
    const page = pages.keep(createControlPage(name, nonce, engine));
    const golden = Buffer.alloc(4096);
    // "ctrl-if\0", version 2, 4096 bytes, the nonce.
    golden.write(`6374726c2d696600${'02000000'}${'00100000'}f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff`, 2048, 'hex');
    // The guest: pid, engine, start time.
    golden.writeUInt32LE(process.pid, 2176);
    golden.writeUInt32LE(engineNumber[engine], 2180);
    golden.writeBigUInt64LE(
      BigInt(
        readFileSync('/proc/self/stat', 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ')[19]!,
      ),
      2184,
    );
    expect(golden.toString('latin1', 2048, 2056)).toBe('ctrl-if\0');
    expect(readFileSync(shmFile(name)).toString('hex')).toBe(golden.toString('hex'));

    // The controller, its domid, and the words of the sleepers: each on a line of its own.
    writeIdentity(page, 'controller', { pid: 0x01020304, startTime: 0x1122334455667788n });
    writeDomid(page, 0xfffe);
    page.armWakeup(PAGE_WAKEUP.guest);
    page.armWakeup(PAGE_WAKEUP.controller);
    golden.write(`04030201${`0${engineNumber[engine]}000000`}8877665544332211`, 2304, 'hex');
    golden.write('feff0000', 2320, 'hex');
    golden.write('01000000', 2432, 'hex');
    golden.write('01000000', 2560, 'hex');
    expect(readFileSync(shmFile(name)).toString('hex')).toBe(golden.toString('hex'));
  });

  it('says which process is on each side, and whether its words are atomic', () => {
    const page = pages.keep(createControlPage(pages.name(), nonce, engine));
    expect(readIdentity(page, 'guest')).toEqual(processIdentity());
    expect(isAtomic(page, 'guest')).toBe(engine === 'native');
    writeIdentity(page, 'controller', { pid: 4_000_000_000, startTime: 2n ** 64n - 1n });
    expect(readIdentity(page, 'controller')).toEqual({ pid: 4_000_000_000, startTime: 2n ** 64n - 1n });
    expect(isAtomic(page, 'controller')).toBe(engine === 'native');
  });
});

describe.each(enginePairs)('a control page made by %s is opened by %s', (maker, opener) => {
  const make = (spoil: (page: Page) => void = () => {}) => {
    const name = pages.name();
    const page = createControlPage(name, nonce, maker);
    spoil(page);
    page.unmap();
    return name;
  };
  const open = (name: string, expected: object = {}) => openControlPage(name, { nonce, ...expected }, opener);
  /** Makes one change, and expects that error with nothing of the page left mapped. */
  const expectRefusal = (
    code: Parameters<typeof expectError>[0],
    spoil: (page: Page) => void,
    expected: object = {},
  ) => {
    const name = make(spoil);
    const error = expectError(code, name, () => open(name, expected));
    expect(error.subject).toBe(name);
    expect(holdsOf(name)).toEqual([]);
    return error;
  };

  it('when everything is as announced', () => {
    const name = make();
    const page = pages.keep(open(name, { owner: processIdentity() }));
    expect(page.engine).toBe(opener);
    expect(page.bytes).toBe(4096);
    expect(holdsOf(name)).toHaveLength(1);
    expect(isAtomic(page, 'guest')).toBe(maker === 'native');
  });

  it('but not when it has another magic: ERR_CTRL_IF_PAGE_MAGIC', () => {
    for (const offset of [2048, 2049, 2055]) {
      const error = expectRefusal('ERR_CTRL_IF_PAGE_MAGIC', (page) => page.write(offset, Uint8Array.of(0x58)));
      expect(error.offset).toBe(2048);
    }
    expectRefusal('ERR_CTRL_IF_PAGE_MAGIC', (page) => page.write(0, new Uint8Array(4096)));
  });

  it('but not of another version: ERR_CTRL_IF_PAGE_VERSION', () => {
    for (const version of [0, 1, 0x01000002]) {
      const error = expectRefusal('ERR_CTRL_IF_PAGE_VERSION', (page) => page.store32(2056, version));
      expect(error).toMatchObject({ offset: 2056, received: version, expected: '2' });
      expect(error.message).toContain(`layout version ${version}`);
    }
  });

  it('but not when it should be larger: ERR_CTRL_IF_PAGE_TRUNCATED', () => {
    for (const bytes of [4097, 8192, 0xffffffff, 4095, 0]) {
      const error = expectRefusal('ERR_CTRL_IF_PAGE_TRUNCATED', (page) => page.store32(2060, bytes));
      expect(error).toMatchObject({ offset: 2060, received: 4096 });
    }
  });

  it('but not when its process is dead: ERR_CTRL_IF_PAGE_STALE', () => {
    const dead = spawnSync('true').pid;
    const { pid, startTime } = processIdentity();
    for (const identity of [
      { pid: dead, startTime: 1n },
      { pid: dead, startTime: 0n },
      { pid, startTime: startTime - 1n }, // this pid, but before it came round again
      { pid: 0, startTime: 0n }, // nobody ever wrote it
      { pid: 0xffffffff, startTime: 0n },
    ]) {
      const error = expectRefusal('ERR_CTRL_IF_PAGE_STALE', (page) => writeIdentity(page, 'guest', identity));
      expect(error).toMatchObject({ offset: 2176, received: identity.pid });
      expect(error.message).toContain(`process ${identity.pid}`);
    }
  });

  it('but not when another process announced it: ERR_CTRL_IF_PAGE_OWNER', () => {
    const { pid, startTime } = processIdentity();
    for (const owner of [processIdentity(1), { pid, startTime: startTime + 1n }, { pid: pid + 1, startTime }]) {
      const error = expectRefusal('ERR_CTRL_IF_PAGE_OWNER', () => {}, { owner });
      expect(error).toMatchObject({ offset: 2176, received: pid, expected: String(owner.pid) });
    }
  });

  it('but not with another nonce, in any byte: ERR_CTRL_IF_PAGE_NONCE', () => {
    for (const index of [0, 7, 15]) {
      const other = Uint8Array.from(nonce);
      other[index]! ^= 1;
      const error = expectRefusal('ERR_CTRL_IF_PAGE_NONCE', () => {}, { nonce: other });
      expect(error.offset).toBe(2064);
      expectRefusal('ERR_CTRL_IF_PAGE_NONCE', (page) => page.write(2064 + index, Uint8Array.of(0)));
    }
    for (const other of [new Uint8Array(0), nonce.subarray(0, 15), new Uint8Array(17)]) {
      expectRefusal('ERR_CTRL_IF_PAGE_NONCE', () => {}, { nonce: other });
    }
  });
});
