import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from './clock.ts';
import type { Peer } from './context.ts';

/** WORKING: a pass is under way. WAITING: the last pass did not reach the target, and the next one begins within a second. */
export type MemoryState = 'IDLE' | 'WORKING' | 'WAITING';

/** A guest's own part of a resize. */
export interface MemoryActions {
  /** One pass towards `targetFrames` frames of 4 KiB. Resolves with the new number. Another number than the target is tried again. */
  resize(targetFrames: number): number | Promise<number>;
  /** Whether to try that target. Default: every target is tried. */
  accepts?(targetFrames: number): boolean;
}

/** Events of a {@link MemoryResponder}. Frames have 4 KiB. */
export interface MemoryEvents {
  /** The guest has the number of frames that the controller asked for. */
  reached: [frames: number];
  /** A pass has ended with another number than the target. The next pass begins in a second. */
  short: [frames: number, target: number];
  /** A pass has failed. The next one begins in a second. Without a listener the error is thrown. */
  error: [unknown];
}

const RETRY_USEC = 1_000_000;
/** `mem_request_t.status`. The original always answered 0. */
const UNDERSTOOD = 0;
const REFUSED = 1;

/**
 * Receives MEM_REQUEST_SET for a guest and resizes its memory (PROTOCOL.md 2.14, 2.16). The response means "understood". `reached` is
 * emitted when the resize is done. A new target replaces the old one at any time.
 */
export class MemoryResponder extends EventEmitter<MemoryEvents> {
  readonly #actions: MemoryActions;
  readonly #clock: Clock;
  readonly #removeReceiver: () => void;
  #state: MemoryState = 'IDLE';
  #target = 0;
  #frames = 0;
  #isClosed = false;
  #cancelRetry: () => void = () => {};

  /** @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when `peer` has a receiver for MEM_REQUEST_SET */
  constructor(peer: Peer, actions: MemoryActions, clock: Clock = systemClock) {
    super();
    this.#actions = actions;
    this.#clock = clock;
    this.#removeReceiver = peer.receive('MEM_REQUEST_SET', async ({ target }: { target: number }) => {
      if (actions.accepts && !actions.accepts(target)) return { status: REFUSED };
      this.#target = target;
      this.#cancelRetry();
      // A pass that is under way reads the new target when it ends.
      if (this.#state !== 'WORKING') void this.#pass();
      return { status: UNDERSTOOD };
    });
  }

  /** IDLE, WORKING during a pass, or WAITING for the next one. */
  get state(): MemoryState {
    return this.#state;
  }

  /** Removes the receiver. No further pass begins. */
  close(): void {
    this.#isClosed = true;
    this.#removeReceiver();
    this.#cancelRetry();
  }

  /** Runs passes until one has ended whose target is still current. */
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
