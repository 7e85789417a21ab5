import type { NativeMemoryObject } from './addon.ts';
import { closedError, pageError } from './failure.ts';
import type { MemorySegment } from './memory-segment.ts';
import { requireAddon } from './require-addon.ts';

/** Shared memory that the addon maps. Addresses are reserved for its maximum, so that growing it moves nothing. */
export class NativeMemory implements MemorySegment {
  readonly maximum: number;
  load32: NativeMemoryObject['load32'];
  store32: NativeMemoryObject['store32'];
  compareExchange32: NativeMemoryObject['compareExchange32'];
  read: NativeMemoryObject['read'];
  write: NativeMemoryObject['write'];
  readonly #name: string;
  readonly #memory: NativeMemoryObject;
  #open = true;

  private constructor(name: string, maximum: number, memory: NativeMemoryObject) {
    this.#name = name;
    this.#memory = memory;
    this.maximum = maximum;
    this.load32 = memory.load32;
    this.store32 = memory.store32;
    this.compareExchange32 = memory.compareExchange32;
    this.read = memory.read;
    this.write = memory.write;
  }

  static create(name: string, maximum: number): NativeMemory {
    const addon = requireAddon();
    try {
      return new NativeMemory(name, maximum, addon.createMemory(name, maximum));
    } catch (failure) {
      throw pageError(failure, name);
    }
  }

  get fd(): number {
    return this.#open ? this.#memory.fd : -1;
  }

  populate(first: number, count: number): void {
    this.#with(() => this.#memory.populate(first, count));
  }

  punch(first: number, count: number): void {
    this.#with(() => this.#memory.punch(first, count));
  }

  unmap(): void {
    this.#open = false;
    this.#memory.unmap();
    // Replaced here, as in NativePage, because a check in each call would cost time.
    const closed = (): never => {
      throw closedError(this.#name);
    };
    this.load32 = this.store32 = this.compareExchange32 = this.read = this.write = closed;
  }

  #with<T>(act: () => T): T {
    try {
      return act();
    } catch (failure) {
      throw pageError(failure, this.#name);
    }
  }
}
