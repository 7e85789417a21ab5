import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from './clock.ts';
import type { Peer } from './surroundings.ts';
import { StateMachine, type Table } from './table.ts';

export type MemoryState = 'IDLE' | 'WORKING' | 'WAITING';
/**
 * SET is the message. `reached` and `short`: a pass has ended with the target, or without; `outdated`: it had an older target;
 * `retry`: a second has gone by.
 */
const EVENTS = ['SET', 'reached', 'short', 'outdated', 'retry'] as const;
export type MemoryEvent = (typeof EVENTS)[number];
type MemoryAction = 'begin' | 'wait' | 'stopWaiting';
type MemoryNotice = 'reached' | 'short';

/** A guest's balloon (PROTOCOL.md 2.14, 2.16): a new target replaces the old one at any time. */
// biome-ignore format: a table, one cell a line
export const MEMORY: Table<MemoryState, MemoryEvent, MemoryAction, MemoryNotice> = {
  name: 'memory',
  initial: 'IDLE',
  events: EVENTS,
  cells: {
    IDLE: {
      SET:      { do: ['begin'], next: 'WORKING' },
      reached:  { next: 'IDLE' },
      short:    { next: 'IDLE' },
      outdated: { next: 'IDLE' },
      retry:    { next: 'IDLE' },
    },
    WORKING: {
      SET:      { next: 'WORKING' },
      reached:  { next: 'IDLE', tell: ['reached'] },
      short:    { do: ['wait'], next: 'WAITING', tell: ['short'] },
      outdated: { do: ['begin'], next: 'WORKING' },
      retry:    { next: 'WORKING' },
    },
    WAITING: {
      SET:      { do: ['stopWaiting', 'begin'], next: 'WORKING' },
      reached:  { next: 'WAITING' },
      short:    { next: 'WAITING' },
      outdated: { next: 'WAITING' },
      retry:    { do: ['begin'], next: 'WORKING' },
    },
  },
};

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

/** A guest that resizes its memory as asked. The response says "understood"; that it is done is told by `reached`. */
export class MemoryResponder extends EventEmitter<MemoryEvents> {
  readonly #machine: StateMachine<MemoryState, MemoryEvent, MemoryAction, MemoryNotice, undefined>;
  readonly #actions: MemoryActions;
  readonly #takeBack: () => void;
  #target = 0;
  #frames = 0;
  #stopWaiting: () => void = () => {};

  constructor(peer: Peer, actions: MemoryActions, clock: Clock = systemClock) {
    super();
    this.#actions = actions;
    this.#machine = new StateMachine(MEMORY, {
      do: {
        begin: () => void this.#pass(this.#target),
        wait: () => {
          this.#stopWaiting = clock.after(RETRY_USEC, () => void this.#machine.fire('retry', undefined));
        },
        stopWaiting: () => this.#stopWaiting(),
      },
      tell: (notice) =>
        notice === 'reached' ? this.emit('reached', this.#frames) : this.emit('short', this.#frames, this.#target),
    });
    this.#takeBack = peer.receive('MEM_REQUEST_SET', async ({ target }: { target: number }) => {
      if (actions.accepts && !actions.accepts(target)) return { status: REFUSED };
      this.#target = target;
      await this.#machine.fire('SET', undefined);
      return { status: UNDERSTOOD };
    });
  }

  get state(): MemoryState {
    return this.#machine.state;
  }

  /** Takes no more requests, and gives up on a target that was not reached. */
  close(): void {
    this.#takeBack();
    this.#stopWaiting();
  }

  async #pass(target: number): Promise<void> {
    try {
      this.#frames = await this.#actions.resize(target);
    } catch (error) {
      await this.#machine.fire(target === this.#target ? 'short' : 'outdated', undefined);
      this.emit('error', error);
      return;
    }
    const isReached = this.#frames === target;
    await this.#machine.fire(target !== this.#target ? 'outdated' : isReached ? 'reached' : 'short', undefined);
  }
}
