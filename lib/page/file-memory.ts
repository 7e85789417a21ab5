import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { FRAME_BYTES } from '../wire/memory.ts';
import { closedError, pageError } from './failure.ts';
import type { MemorySegment } from './memory-segment.ts';
import { pagePath } from './name.ts';
import { PopulatedFrames } from './populated-frames.ts';
import { freeFrames } from './shm-space.ts';

const ZEROS = Buffer.alloc(256 * FRAME_BYTES);

/**
 * The same object moved by file reads and writes, for a process without the addon. Node's fs punches no holes: memory
 * goes back to the system from the end of the segment only, and a frame taken from its middle keeps its space until
 * all beyond it are gone too; `residentFrames` tells the truth. No exchange: grants are taken byte by byte.
 */
export class FileMemory implements MemorySegment {
  readonly engine = 'file';
  readonly atomic = false;
  readonly maximum: number;
  readonly #name: string;
  readonly #frames: PopulatedFrames;
  readonly #word = Buffer.alloc(4);
  #descriptor: number;

  private constructor(name: string, maximum: number, descriptor: number) {
    this.#name = name;
    this.maximum = maximum;
    this.#frames = new PopulatedFrames(maximum);
    this.#descriptor = descriptor;
  }

  static create(name: string, maximum: number): FileMemory {
    const path = pagePath(name);
    let memory: FileMemory | undefined;
    try {
      const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      memory = new FileMemory(name, maximum, descriptor);
      memory.populate(0, 1);
      return memory;
    } catch (failure) {
      if (memory) {
        memory.unmap();
        unlinkSync(path);
      }
      throw pageError(failure, name);
    }
  }

  get fd(): number {
    return this.#descriptor;
  }

  get residentFrames(): number {
    return (fstatSync(this.#open()).blocks * 512) / FRAME_BYTES;
  }

  populate(first: number, count: number): void {
    const descriptor = this.#open();
    this.#frames.checkFrames(first, count);
    try {
      // Asked first, since writing the zeros of what cannot fit would fill the memory of everyone else.
      if (count > freeFrames()) throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'statfs' });
      const end = (first + count) * FRAME_BYTES;
      for (let at = first * FRAME_BYTES; at < end; ) {
        at += writeSync(descriptor, ZEROS, 0, Math.min(ZEROS.length, end - at), at);
      }
    } catch (failure) {
      this.#cutToLength();
      throw pageError(failure, this.#name);
    }
    this.#frames.set(first, count, true);
  }

  punch(first: number, count: number): void {
    this.#open();
    this.#frames.checkFrames(first, count);
    this.#frames.set(first, count, false);
    this.#cutToLength();
  }

  load32(offset: number): number {
    this.#frames.checkWord(offset);
    this.read(offset, this.#word);
    return this.#word.readUInt32LE();
  }

  store32(offset: number, value: number): void {
    this.#frames.checkWord(offset);
    this.#word.writeUInt32LE(value >>> 0);
    this.write(offset, this.#word);
  }

  read(offset: number, target: Uint8Array): void {
    const descriptor = this.#open();
    this.#frames.checkBytes(offset, target.length);
    const count = readSync(descriptor, target, 0, target.length, offset);
    if (count < target.length) throw pageError({ code: 'ETRUNCATED', bytes: offset + count }, this.#name);
  }

  write(offset: number, source: Uint8Array): void {
    const descriptor = this.#open();
    this.#frames.checkBytes(offset, source.length);
    writeSync(descriptor, source, 0, source.length, offset);
  }

  unmap(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  /** Nobody has a frame of the end mapped: what a backend has mapped is in use, and what is in use is not punched. */
  #cutToLength(): void {
    const length = this.#frames.end * FRAME_BYTES;
    if (fstatSync(this.#descriptor).size > length) ftruncateSync(this.#descriptor, length);
  }

  #open(): number {
    if (this.#descriptor < 0) throw closedError(this.#name);
    return this.#descriptor;
  }
}
