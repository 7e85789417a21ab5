/**
 * An engine made by docs/engines.md: pages are ArrayBuffers with names, which only one thread can see. It has no event
 * channels and no guest memory. `vi.mock` adds it to the list of engines where a test wants it there.
 */
import type { Engine } from '../../lib/page/engine.ts';
import { closedError, pageError } from '../../lib/page/failure.ts';
import type { NamedEngine, NamedPage } from '../../lib/page/page.ts';
import { PageRing } from '../../lib/page/page-ring.ts';
import type { RingEngine, RingParts } from '../../lib/page/ring-engine.ts';
import { ASLEEP, AWAKE } from '../../lib/wire/page.ts';

/** Not in the list of names, as an engine of lib/ would be. */
export const ARRAY = 'array' as NamedEngine;
const NUMBER = 200;

const segments = new Map<string, ArrayBuffer>();

/** Frees all segments: they have no file that `unlinkPage` could remove. */
export function removeArrays(): void {
  segments.clear();
}

export class ArrayPage implements NamedPage {
  readonly engine = ARRAY;
  readonly engineNumber = NUMBER;
  readonly atomic = true;
  readonly pollCost = { pollsPerCall: 200, scale: 1 };
  readonly eventPage = undefined;
  readonly uid = process.getuid?.() ?? 0;
  readonly mode = 0o600;
  readonly bytes: number;
  readonly #name: string;
  #view: DataView | undefined;

  constructor(name: string, buffer: ArrayBuffer, bytes: number) {
    this.#name = name;
    this.bytes = bytes;
    this.#view = new DataView(buffer, 0, bytes);
  }

  load32(offset: number): number {
    return this.#open().getUint32(offset, true);
  }

  store32(offset: number, value: number): void {
    this.#open().setUint32(offset, value, true);
  }

  armWakeup(offset: number): void {
    this.store32(offset, ASLEEP);
  }

  claimWakeup(offset: number): boolean {
    if (this.load32(offset) !== ASLEEP) return false;
    this.store32(offset, AWAKE);
    return true;
  }

  openRing(parts: RingParts): RingEngine {
    return new PageRing(this, parts);
  }

  read(offset: number, target: Uint8Array): void {
    target.set(this.#part(offset, target.length));
  }

  write(offset: number, source: Uint8Array): void {
    this.#part(offset, source.length).set(source);
  }

  unmap(): void {
    this.#view = undefined;
  }

  #part(offset: number, bytes: number): Uint8Array {
    const { buffer } = this.#open();
    if (!(offset >= 0 && offset + bytes <= this.bytes)) throw new RangeError('offset is out of bounds');
    return new Uint8Array(buffer, offset, bytes);
  }

  #open(): DataView {
    if (!this.#view) throw closedError(this.#name);
    return this.#view;
  }
}

export const arrayEngine: Engine = {
  name: ARRAY,
  number: NUMBER,
  atomic: true,
  whyAvailable: 'it needs one thread and no more',
  absence: () => undefined,
  create(name, bytes) {
    if (segments.has(name)) throw pageError({ code: 'EEXIST' }, name);
    const buffer = new ArrayBuffer(bytes);
    segments.set(name, buffer);
    return new ArrayPage(name, buffer, bytes);
  },
  open(name, minBytes, startOnly = false) {
    const buffer = segments.get(name);
    if (!buffer) throw pageError({ code: 'ENOENT' }, name);
    if (buffer.byteLength < minBytes) throw pageError({ code: 'ETRUNCATED', bytes: buffer.byteLength }, name);
    return new ArrayPage(name, buffer, startOnly ? minBytes : buffer.byteLength);
  },
};
