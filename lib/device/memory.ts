import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from './clock.ts';
import type { Peer } from './context.ts';

/** WORKING: a pass is under way. WAITING: the last one did not reach the target, and the next one comes in a second. */
export type MemoryState = 'IDLE' | 'WORKING' | 'WAITING';

export interface MemoryActions {
  /** One pass towards that many frames of 4 KiB. Resolves with how many there are then; fewer or more is tried again. */
  resize(targetFrames: number): number | Promise<number>;
  /** Whether the target is one to try at all; without it every target is. */
  accepts?(targetFrames: number): boolean;
}

export interface MemoryEvents {
  /** The guest has as many frames as it was asked to have. */
  reached: [frames: number];
  /** A pass has ended with that many; the next one comes in a second. */
  short: [frames: number, target: number];
  /** A pass has failed, and is tried again. Without a listener it is thrown. */
  error: [unknown];
}

const RETRY_USEC = 1_000_000;
/** `mem_request_t.status`; the original always said 0. */
const UNDERSTOOD = 0;
const REFUSED = 1;

/**
 * A guest that resizes its memory as asked (PROTOCOL.md 2.14, 2.16). The response says "understood"; that it is done is told by
 * `reached`. A new target replaces the old one at any time.
 */
export class MemoryResponder extends EventEmitter<MemoryEvents> {
  readonly #actions: MemoryActions;
  readonly #clock: Clock;
  readonly #takeBack: () => void;
  #state: MemoryState = 'IDLE';
  #target = 0;
  #frames = 0;
  #isClosed = false;
  #cancelRetry: () => void = () => {};

  constructor(peer: Peer, actions: MemoryActions, clock: Clock = systemClock) {
    super();
    this.#actions = actions;
    this.#clock = clock;
    this.#takeBack = peer.receive('MEM_REQUEST_SET', async ({ target }: { target: number }) => {
      if (actions.accepts && !actions.accepts(target)) return { status: REFUSED };
      this.#target = target;
      this.#cancelRetry();
      // A pass that is under way finds the new target at its end.
      if (this.#state !== 'WORKING') void this.#pass();
      return { status: UNDERSTOOD };
    });
  }

  get state(): MemoryState {
    return this.#state;
  }

  /** Takes no more requests, and gives up on a target that was not reached. */
  close(): void {
    this.#isClosed = true;
    this.#takeBack();
    this.#cancelRetry();
  }

  /** Passes until one has ended whose target is still the one that is wanted. */
  async #pass(): Promise<void> {
    this.#state = 'WORKING';
    const target = this.#target;
    try {
      this.#frames = await this.#actions.resize(target);
    } catch (error) {
      this.#passed(target, false);
      this.emit('error', error);
      return;
    }
    this.#passed(target, this.#frames === target);
  }

  #passed(target: number, isReached: boolean): void {
    if (isReached && target === this.#target) {
      this.#state = 'IDLE';
      this.emit('reached', this.#frames);
    } else if (this.#isClosed) {
      this.#state = 'IDLE';
    } else if (target !== this.#target) {
      void this.#pass();
    } else {
      this.#state = 'WAITING';
      this.#cancelRetry = this.#clock.after(RETRY_USEC, () => void this.#pass());
      this.emit('short', this.#frames, target);
    }
  }
}
