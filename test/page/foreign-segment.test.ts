/** Segments opened by a process and a descriptor, in parts. */
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStart } from '../../lib/page/control-page.ts';
import { memoryEngine } from '../../lib/page/create-memory.ts';
import { ForeignSegment, type SegmentAddress, segmentAddress } from '../../lib/page/foreign-segment.ts';
import { unlinkPage } from '../../lib/page/name.ts';
import type { NamedEngine } from '../../lib/page/page.ts';
import { namedEngines } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { describeMemory, memoryEngines } from '../support/memories.ts';
import { bytesOf, holdsOf, shmFile, usePages } from '../support/pages.ts';

const pages = usePages();
const left: (() => void)[] = [];
afterEach(() => {
  for (const undo of left.splice(0).reverse()) undo();
});

/** A segment of three frames, each full of its own number from 1, kept open without a name. */
function segment(engine: NamedEngine) {
  const page = pages.create(3 * 4096, engine);
  for (let frame = 0; frame < 3; frame++) page.write(frame * 4096, new Uint8Array(4096).fill(frame + 1));
  const descriptor = openSync(shmFile(page.name), 'r+');
  left.push(() => closeSync(descriptor));
  unlinkPage(page.name);
  return { page, descriptor, address: segmentAddress(descriptor) };
}

function open(address: SegmentAddress, engine: NamedEngine): ForeignSegment {
  const foreign = new ForeignSegment(address, memoryEngine(engine));
  left.push(() => foreign.close());
  return foreign;
}

describeMemory.each(memoryEngines)('a foreign segment, by the %s engine', (engine) => {
  it('is mapped in parts, and bytes written there are in the segment', () => {
    const { page, address } = segment(engine);
    const middle = pages.keep(open(address, engine).map(4096, 4096));
    expect(middle.bytes).toBe(4096);
    expect(bytesOf(middle, 0, 4096)).toEqual(Buffer.alloc(4096, 2));
    middle.store32(4092, 0xabcdef);
    expect(page.load32(8188)).toBe(0xabcdef);
    expect(() => middle.load32(4096)).toThrow();
  });

  it('keeps its mappings when it is closed, and can be closed again', () => {
    const foreign = open(segment(engine).address, engine);
    const last = pages.keep(foreign.map(8192, 4096));
    foreign.close();
    foreign.close();
    expect(last.load32(0)).toBe(0x03030303);
  });

  it('refuses a part beyond its end', () => {
    const foreign = open(segment(engine).address, engine);
    expectError('ERR_CTRL_IF_PAGE_TRUNCATED', /page/, () => foreign.map(8192, 8192));
  });

  it('is not mistaken for another object with its number', () => {
    const { address } = segment(engine);
    const path = join(tmpdir(), `ctrl-if-test-${process.pid}`);
    left.push(() => rmSync(path));
    writeFileSync(path, Buffer.alloc(3 * 4096));
    const other = openSync(path, 'r+');
    left.push(() => closeSync(other));
    expectError('ERR_CTRL_IF_PAGE_NOT_FOUND', /page/, () => open({ ...address, descriptor: other }, engine));
    expectError('ERR_CTRL_IF_PAGE_NOT_FOUND', /page/, () => open({ ...address, descriptor: 99_999 }, engine));
  });
});

describe.each(namedEngines)('a segment of the %s engine', (engine) => {
  it('has a start that can be mapped alone, by name', () => {
    const { name } = pages.create(3 * 4096, engine);
    const start = pages.keep(openStart(name, 4096, engine));
    expect(start.bytes).toBe(4096);
    expect(() => start.load32(4096)).toThrow();
    expectError('ERR_CTRL_IF_PAGE_TRUNCATED', /page/, () => openStart(name, 4 * 4096, engine));
    start.unmap();
    expect(holdsOf(name)).toHaveLength(1);
  });
});
