import type { Page } from '../page/page.ts';

/** How long each engine's look at a ring is worth repeating before the event loop gets its turn. */
const POLLS = { native: 200, sab: 200, file: 2 } as const;
/**
 * When a link without work goes to sleep: after about what it costs to be woken (50 us), which is never more than twice
 * what the best foresight would spend, and which leaves the CPU to a peer that has none. The turns are for a process
 * that was not running, and so has not looked.
 */
const IDLE_MILLISECONDS = 0.05;
const IDLE_TURNS = 8;
/** Microtask turns in a row before timers and sockets get theirs. */
const MICROTASK_TURNS = 256;

export interface WaitingSide {
  page: Page;
  /** Where this side says that it sleeps ({@link import('../wire/page.ts').PAGE_WAKEUP}). */
  ownWord: number;
  /** Whether the peer can run while this side looks (see {@link runsBeside}); else looking only takes time from it. */
  peerRunsBeside: boolean;
  /** Sends what is staged, takes what has come with up to `polls` looks, and tells whether there was any work. */
  turn(polls: number): boolean;
  /** Rings the peer's doorbell, a system call. */
  ringPeer(): void;
}

/**
 * Polls while there is traffic, sleeps when there is none, and is woken by the peer's doorbell. The wake-up cannot be
 * lost: the sleeper sets its word, fences and looks once more; the peer publishes, fences and then reads the word
 * (DESIGN.md, "decide whether to notify").
 */
export class PollThenDoorbell {
  readonly #side: WaitingSide;
  readonly #polls: number;
  readonly #idleTurns: number;
  #awake = false;
  #stopped = false;
  #idle = 0;
  #idleSince = 0;
  #paysAtOnce = false;
  #microtaskQueued = false;
  #microtaskTurns = 0;
  /** A turn is running: whatever is staged now goes out at its end. */
  #turning = false;
  /** Sleeps taken, doorbells rung and heard, since the link began. */
  readonly counts = { sleeps: 0, doorbellsRung: 0, doorbellsHeard: 0 };

  constructor(side: WaitingSide) {
    this.#side = side;
    this.#polls = side.peerRunsBeside ? POLLS[side.page.engine] : 1;
    this.#idleTurns = side.peerRunsBeside ? IDLE_TURNS : 0;
  }

  /** Whether this side sleeps until its doorbell rings. */
  get asleep(): boolean {
    return !this.#awake;
  }

  /** There is something to send or to wait for: take a turn as soon as the running code is done, and stay awake. */
  kick(): void {
    if (this.#stopped || this.#turning) return;
    if (!this.#microtaskQueued && this.#microtaskTurns < MICROTASK_TURNS) {
      this.#microtaskQueued = true;
      READY.then(this.#microtask);
    }
    this.#wake();
  }

  /** The peer rang. */
  doorbell(): void {
    this.counts.doorbellsHeard++;
    this.#wake();
  }

  /** To be called when a publish found the peer asleep. */
  ringPeer(): void {
    this.counts.doorbellsRung++;
    this.#side.ringPeer();
  }

  /**
   * How many looks the caller may take at once, in place of a turn, for what it has just asked; 0 when it must not: the
   * peer cannot run, has not been answering that fast, or the event loop is due.
   */
  get looksAtOnce(): number {
    if (!this.#paysAtOnce || this.#microtaskTurns >= MICROTASK_TURNS || this.#stopped) return 0;
    this.#microtaskTurns++;
    this.#wake();
    return this.#polls;
  }

  /** What {@link looksAtOnce} was used for did not come. It is tried again when an answer comes within a turn. */
  lookedInVain(): void {
    this.#paysAtOnce = false;
  }

  stop(): void {
    this.#stopped = true;
  }

  #wake(): void {
    if (this.#awake || this.#stopped) return;
    this.#awake = true;
    this.#idle = 0;
    // Relaxed would do: a peer that still reads 1 rings once for nothing.
    this.#side.page.store32(this.#side.ownWord, 0);
    setImmediate(this.#loop);
  }

  readonly #microtask = (): void => {
    this.#microtaskQueued = false;
    if (this.#stopped) return;
    this.#microtaskTurns++;
    if (!this.#turn(this.#polls)) return;
    this.#idle = 0;
    this.#paysAtOnce = this.#polls > 1;
  };

  readonly #loop = (): void => {
    if (this.#stopped) return;
    this.#microtaskTurns = 0;
    const worked = this.#turn(this.#polls);
    // The turn may have been the link's last, and the page is gone with it.
    if (this.#stopped) return;
    if (worked) this.#idle = 0;
    else if (this.#isIdleLongEnough() && this.#fallAsleep()) return;
    setImmediate(this.#loop);
  };

  #isIdleLongEnough(): boolean {
    if (this.#idleTurns === 0) return true;
    if (++this.#idle === 1) this.#idleSince = performance.now();
    return this.#idle > this.#idleTurns && performance.now() - this.#idleSince > IDLE_MILLISECONDS;
  }

  #turn(polls: number): boolean {
    this.#turning = true;
    try {
      return this.#side.turn(polls);
    } finally {
      this.#turning = false;
    }
  }

  #fallAsleep(): boolean {
    const { page, ownWord } = this.#side;
    page.armWakeup(ownWord);
    // What the peer published before it could see the word set is found here; what it publishes after, it rings for.
    const worked = this.#turn(1);
    if (this.#stopped) return true;
    if (worked) {
      page.store32(ownWord, 0);
      this.#idle = 0;
      return false;
    }
    this.#awake = false;
    this.counts.sleeps++;
    return true;
  }
}

/** `then` on a settled promise is a microtask without the bookkeeping that queueMicrotask adds. */
const READY = Promise.resolve();
