import { CtrlIfError } from '../errors.ts';
import { loadAddon, type NativeMemoryObject } from './addon.ts';
import { closedError, pageError } from './failure.ts';
import type { MemorySegment } from './memory-segment.ts';

/** Shared memory that the addon maps, with addresses reserved for its maximum: growing moves nothing, punching frees. */
export class NativeMemory implements MemorySegment {
  readonly engine = 'native';
  readonly atomic = true;
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
    const load = loadAddon();
    if (!load.addon) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_ENGINE',
        'the native engine is not available here: its addon could not be loaded; build it (npm run build) or use the file engine (CTRL_IF_ENGINE=file)',
        { cause: load.reason },
      );
    }
    try {
      return new NativeMemory(name, maximum, load.addon.createMemory(name, maximum));
    } catch (failure) {
      throw pageError(failure, name);
    }
  }

  get fd(): number {
    return this.#open ? this.#memory.fd : -1;
  }

  get residentFrames(): number {
    return this.#with(() => this.#memory.residentFrames());
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
    // As NativePage does: exchanged here, since a look at each call would cost.
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
