import type { Page } from '../page/page.ts';
import { AWAKE, WAKEUP_PROMPT } from '../wire/page.ts';
import type { DomainLoop } from './domain-loop.ts';
import { DEFAULT_IDLE, IdleBudget, type IdleStrategy, Promptness } from './idle.ts';

/** How long each engine's look at a ring is worth repeating before the event loop gets its turn: 10 us, or two looks. */
const POLLS = { native: 200, sab: 200, file: 2 } as const;
/** What each engine's looks and wake-ups cost beside the native engine's. */
const SCALE = { native: 1, sab: 1, file: 4 } as const;
/** Microtask turns in a row before timers and sockets get theirs. */
const MICROTASK_TURNS = 256;

export interface WaitingSide {
  page: Page;
  /** Where this side says that it sleeps, and where the peer does ({@link import('../wire/page.ts').PAGE_WAKEUP}). */
  ownWord: number;
  peerWord: number;
  /** Whether the peer can run while this side looks (see `processors.ts`); else looking only takes time from it. */
  peerRunsBeside: boolean;
  /** Whether this side has asked what is not answered yet. */
  awaitsAnswer(): boolean;
  /** Sends what is staged, takes what has come with up to `polls` looks, and tells whether there was any work. */
  turn(polls: number): boolean;
  /** Notifies the peer; true when that took its doorbell, a system call. */
  ringPeer(): boolean;
}

/**
 * One link's waiting: it looks at its rings while there is traffic and for the budget of its strategy after it, then
 * says that it sleeps, looks once more, and leaves the domain's loop until it is notified. The wake-up cannot be lost:
 * the sleeper sets its word, fences and looks; the peer publishes, fences and then reads the word (DESIGN.md, "decide
 * whether to notify").
 */
export class Waiter {
  readonly idle: IdleStrategy;
  /** Sleeps taken, events sent and doorbells rung for them, events heard, since the link began. */
  readonly counts = { sleeps: 0, notified: 0, doorbellsRung: 0, doorbellsHeard: 0 };
  readonly #side: WaitingSide;
  readonly #loop: DomainLoop;
  /** One for answers and one for requests: who only asks has nothing to look for between two questions. */
  readonly #forAnswers: IdleBudget;
  readonly #forRequests: IdleBudget;
  readonly #promptness: Promptness;
  readonly #mostPolls: number;
  #awake = false;
  #stopped = false;
  /** When it began to look in vain; 0 while there is work. */
  #idleSince = 0;
  #paysAtOnce = false;
  #microtaskQueued = false;
  #microtaskTurns = 0;
  /** A turn is running: whatever is staged now goes out at its end. */
  #turning = false;

  constructor(side: WaitingSide, loop: DomainLoop, idle: IdleStrategy = DEFAULT_IDLE) {
    this.idle = idle;
    this.#side = side;
    this.#loop = loop;
    const scale = SCALE[side.page.engine];
    this.#forAnswers = new IdleBudget(idle, side.peerRunsBeside, scale);
    this.#forRequests = new IdleBudget(idle, side.peerRunsBeside, scale);
    this.#promptness = new Promptness(scale);
    this.#mostPolls = side.peerRunsBeside ? POLLS[side.page.engine] : 1;
  }

  /** Whether this side sleeps until it is notified. */
  get asleep(): boolean {
    return !this.#awake;
  }

  /** How long it would look in vain now, in microseconds, for answers and for requests. */
  get budgetMicroseconds(): { answers: number; requests: number } {
    return { answers: this.#forAnswers.milliseconds * 1000, requests: this.#forRequests.milliseconds * 1000 };
  }

  /** How many looks are worth one call, and whether looking for longer than that is. */
  get polls(): number {
    return this.#mostPolls;
  }

  get spins(): boolean {
    return this.#mostPolls > 1 && this.idle !== 'park';
  }

  /** There is something to send or to wait for: take a turn as soon as the running code is done, and stay awake. */
  kick(): void {
    if (this.#stopped || this.#turning) return;
    if (!this.#microtaskQueued && this.#microtaskTurns < MICROTASK_TURNS) {
      this.#microtaskQueued = true;
      void READY.then(this.#microtask);
    }
    this.#wake();
  }

  /** The peer notified this side. */
  doorbell(): void {
    if (this.#stopped) return;
    this.counts.doorbellsHeard++;
    const { page, ownWord } = this.#side;
    if (this.#promptness.rung(page.load32(ownWord + WAKEUP_PROMPT) === 1)) this.#budget.raise();
    this.#wake();
    // At once, and not when the loop comes round to it: who rang has waited long enough.
    if (!this.#turning && !this.turn(1)) this.#loop.leave(this);
  }

  /** To be called when a publish found the peer asleep. */
  ringPeer(): void {
    const { page, peerWord } = this.#side;
    // Relaxed would do: a wrong guess costs a sleep or a few looks.
    page.store32(peerWord + WAKEUP_PROMPT, this.#promptness.rings(performance.now()) ? 1 : 0);
    this.counts.notified++;
    if (this.#side.ringPeer()) this.counts.doorbellsRung++;
  }

  /**
   * How many looks the caller may take at once, in place of a turn, for what it has just asked; 0 when it must not: the
   * peer cannot run, has not been answering that fast, or the event loop is due.
   */
  get looksAtOnce(): number {
    if (!this.#paysAtOnce || this.#microtaskTurns >= MICROTASK_TURNS || this.#stopped) return 0;
    this.#microtaskTurns++;
    this.#wake();
    return this.#mostPolls;
  }

  /** What {@link looksAtOnce} was used for did not come. It is tried again when an answer comes within a turn. */
  lookedInVain(): void {
    this.#paysAtOnce = false;
  }

  /** Before a blocking wait: says that this side sleeps. The caller looks at its rings before it does. */
  arm(): void {
    this.#side.page.armWakeup(this.#side.ownWord);
  }

  disarm(): void {
    // A link that broke during the wait has given its page back.
    if (!this.#stopped) this.#side.page.store32(this.#side.ownWord, AWAKE);
  }

  stop(): void {
    this.#stopped = true;
    this.#loop.leave(this);
  }

  /** For the loop: one turn, with as many looks as `share` of them is worth; false when this link sleeps now. */
  turn(share: number): boolean {
    this.#microtaskTurns = 0;
    const worked = this.#turn(share);
    // The turn may have been the link's last, and the page is gone with it.
    if (this.#stopped) return false;
    if (worked || this.#looksOn()) return true;
    return !this.#fallAsleep();
  }

  get #budget(): IdleBudget {
    return this.#side.awaitsAnswer() ? this.#forAnswers : this.#forRequests;
  }

  /** Whether what is left of the budget is worth another turn. */
  #looksOn(): boolean {
    const budget = this.#budget;
    if (budget.milliseconds === 0) return false;
    if (budget.milliseconds === Number.POSITIVE_INFINITY) return true;
    const now = performance.now();
    this.#idleSince ||= now;
    if (now - this.#idleSince < budget.milliseconds) return true;
    budget.spent();
    return false;
  }

  #wake(): void {
    if (this.#awake || this.#stopped) return;
    this.#awake = true;
    this.#idleSince = 0;
    // Relaxed would do: a peer that still reads 1 notifies once for nothing.
    this.disarm();
    this.#loop.join(this);
  }

  readonly #microtask = (): void => {
    this.#microtaskQueued = false;
    if (this.#stopped) return;
    this.#microtaskTurns++;
    if (this.#turn(1)) this.#paysAtOnce = this.#mostPolls > 1 && this.#forAnswers.milliseconds > 0;
  };

  #turn(share: number): boolean {
    const budget = this.#budget;
    this.#turning = true;
    try {
      const polls = budget.milliseconds > 0 ? Math.max(1, Math.floor(this.#mostPolls * share)) : 1;
      if (!this.#side.turn(polls)) return false;
    } finally {
      this.#turning = false;
    }
    // With budget left and no time lost, looking at the clock would cost more than it tells.
    if (budget.milliseconds === 0 || this.#idleSince > 0) {
      const now = performance.now();
      this.#promptness.worked(now);
      if (this.#idleSince > 0) budget.paid(now - this.#idleSince);
      this.#idleSince = 0;
    }
    return true;
  }

  #fallAsleep(): boolean {
    this.arm();
    // What the peer published before it could see the word set is found here; what it publishes after, it rings for.
    const worked = this.#turn(0);
    if (this.#stopped) return true;
    if (worked) {
      this.disarm();
      return false;
    }
    this.#awake = false;
    this.#idleSince = 0;
    this.counts.sleeps++;
    return true;
  }
}

/** `then` on a settled promise is a microtask without the bookkeeping that queueMicrotask adds. */
const READY = Promise.resolve();
