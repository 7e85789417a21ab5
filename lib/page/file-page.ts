import { closeSync, constants, fstatSync, openSync, readSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { ASLEEP, AWAKE, ENGINE_NUMBERS } from '../wire/page.ts';
import { closedError, pageError } from './failure.ts';
import { pagePath, shmDirectory } from './name.ts';
import type { NamedPage, PollCost } from './page.ts';
import { PageRing } from './page-ring.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** Each poll is one system call, about 5 us. */
const POLL_COST: PollCost = { pollsPerCall: 2, scale: 4 };

/**
 * A shared-memory object accessed by file reads and writes, for a process without the addon.
 *
 * Order: on x86-64 stores become visible in the order of the writes, and each write ends by releasing the inode's lock, a locked
 * instruction and so a full fence. On arm64 the entry of a system call orders a load after the branch before it, which is enough
 * to take a message. But nothing gives the full fence between sleeper and notifier, so {@link claimWakeup} always returns true
 * there, and a sleeper may be woken without a message.
 *
 * The kernel copies a word as bytes, so a peer may read it half-written: {@link atomic} is false.
 */
export class FilePage implements NamedPage {
  readonly engine = 'file';
  readonly engineNumber = ENGINE_NUMBERS.file;
  readonly atomic = false;
  readonly pollCost = POLL_COST;
  readonly eventPage = undefined;
  readonly bytes: number;
  readonly uid: number;
  readonly mode: number;
  readonly #name: string;
  readonly #word = Buffer.alloc(4);
  #descriptor: number;

  private constructor(name: string, descriptor: number, bytes?: number) {
    const { size, uid, mode } = fstatSync(descriptor);
    if (size < (bytes ?? 0)) throw Object.assign(new Error('too short'), { code: 'ETRUNCATED', bytes: size });
    this.#name = name;
    this.#descriptor = descriptor;
    this.bytes = bytes ?? size;
    this.uid = uid;
    this.mode = mode & 0o777;
  }

  static create(name: string, bytes: number): FilePage {
    const path = pagePath(name);
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      if (!Number.isSafeInteger(bytes) || bytes <= 0) {
        throw Object.assign(new Error(`a page cannot have ${bytes} bytes`), { code: 'EINVAL', syscall: 'write' });
      }
      // Checked first: writing the zeros of a segment that is too large would use up the memory of all processes.
      const { bavail, bsize } = statfsSync(shmDirectory());
      if (bytes > bavail * bsize) throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'statfs' });
      const zeros = Buffer.alloc(Math.min(bytes, 1 << 20));
      for (let offset = 0; offset < bytes; ) {
        offset += writeSync(descriptor, zeros, 0, Math.min(zeros.length, bytes - offset), offset);
      }
      return new FilePage(name, descriptor);
    } catch (failure) {
      if (descriptor !== undefined) {
        closeSync(descriptor);
        unlinkSync(path);
      }
      throw pageError(failure, name);
    }
  }

  /** Maps the whole segment or, with `startOnly`, its first `minBytes`. */
  static open(name: string, minBytes: number, startOnly = false): FilePage {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(pagePath(name), constants.O_RDWR | constants.O_NOFOLLOW);
      const page = new FilePage(name, descriptor, startOnly ? minBytes : undefined);
      if (page.bytes < minBytes) {
        throw Object.assign(new Error('too short'), { code: 'ETRUNCATED', bytes: page.bytes });
      }
      return page;
    } catch (failure) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw pageError(failure, name);
    }
  }

  load32(offset: number): number {
    this.read(offset, this.#word);
    return this.#word.readUInt32LE();
  }

  store32(offset: number, value: number): void {
    this.#word.writeUInt32LE(value >>> 0);
    this.write(offset, this.#word);
  }

  armWakeup(offset: number): void {
    this.store32(offset, ASLEEP);
  }

  /**
   * Not an atomic exchange: between the load and the store the sleeper may wake up by itself and sleep again. The store then
   * overwrites its new 1, but the doorbell that follows wakes the sleeper all the same.
   */
  claimWakeup(offset: number): boolean {
    if (process.arch === 'x64' && this.load32(offset) === AWAKE) return false;
    this.store32(offset, AWAKE);
    return true;
  }

  openRing(parts: RingParts): RingEngine {
    return new PageRing(this, parts);
  }

  read(offset: number, target: Uint8Array): void {
    this.#check(offset, target);
    const count = readSync(this.#descriptor, target, 0, target.length, offset);
    if (count < target.length) throw pageError({ code: 'ETRUNCATED', bytes: offset + count }, this.#name);
  }

  write(offset: number, source: Uint8Array): void {
    this.#check(offset, source);
    writeSync(this.#descriptor, source, 0, source.length, offset);
  }

  unmap(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #check(offset: number, bytes: Uint8Array): void {
    if (this.#descriptor < 0) throw closedError(this.#name);
    // A write beyond the end would make the object larger.
    if (!(offset >= 0 && offset + bytes.length <= this.bytes)) {
      throw new RangeError(`bytes ${offset} to ${offset + bytes.length} are not all inside a page of ${this.bytes}`);
    }
  }
}
