import type { Page } from '../../page/page.ts';
import { AWAKE, WAKEUP_PROMPT } from '../../wire/page.ts';
import type { DomainLoop } from './domain-loop.ts';
import { IdleBudget } from './idle-budget.ts';
import { DEFAULT_IDLE, type IdleStrategy } from './idle-strategy.ts';
import { Promptness } from './promptness.ts';

/** How many polls of a ring a turn takes, by engine: 10 us of them, or two, before the event loop has its turn. */
const POLLS = { native: 200, sab: 200, file: 2 } as const;
/** What a poll and a wake-up cost, as a multiple of the native engine's. */
const SCALE = { native: 1, sab: 1, file: 4 } as const;
/** Microtask turns in a row before timers and sockets get theirs. */
const MICROTASK_TURNS = 256;

export interface PolledLink {
  page: Page;
  /** Where this side says that it sleeps, and where the peer does ({@link import('../../wire/page.ts').PAGE_WAKEUP}). */
  ownWord: number;
  peerWord: number;
  /** Whether the peer can run while this side polls (see `processors.ts`); if not, polling only takes time from it. */
  peerRunsBeside: boolean;
  /** Whether this side has asked what is not answered yet. */
  awaitsAnswer(): boolean;
  /** Sends what is staged and takes what has come, polling up to `polls` times; returns whether there was any work. */
  turn(polls: number): boolean;
  /** Notifies the peer; true when that took its doorbell, a system call. */
  ringPeer(): boolean;
}

/**
 * Decides when one link polls its rings and when it sleeps. It polls while there is traffic, and for the budget of its
 * strategy after that. Then it sets its word, polls once more, and leaves the domain's loop until it is notified. A
 * wake-up cannot be lost: the sleeper sets its word, fences and polls; the peer publishes, fences and reads the word.
 */
export class Poller {
  readonly idle: IdleStrategy;
  /** Since the link began: sleeps, events sent, doorbells rung for them, events received. */
  readonly counts = { sleeps: 0, notified: 0, doorbellsRung: 0, doorbellsHeard: 0 };
  readonly #side: PolledLink;
  readonly #loop: DomainLoop;
  /** One budget for answers and one for requests: a side that only asks polls for nothing between two questions. */
  readonly #forAnswers: IdleBudget;
  readonly #forRequests: IdleBudget;
  readonly #promptness: Promptness;
  readonly #mostPolls: number;
  #awake = false;
  #stopped = false;
  /** When polling in vain began; 0 while there is work. */
  #idleSince = 0;
  #paysAtOnce = false;
  #microtaskQueued = false;
  #microtaskTurns = 0;
  /** A turn is running: whatever is staged now goes out at its end. */
  #turning = false;

  constructor(side: PolledLink, loop: DomainLoop, idle: IdleStrategy = DEFAULT_IDLE) {
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

  /** How long it polls in vain before it sleeps, in microseconds, as of now. */
  get budgetMicroseconds(): { answers: number; requests: number } {
    return { answers: this.#forAnswers.milliseconds * 1000, requests: this.#forRequests.milliseconds * 1000 };
  }

  /** How many polls one call is worth. */
  get polls(): number {
    return this.#mostPolls;
  }

  /** Whether polling for longer than one call is worth it. */
  get spins(): boolean {
    return this.#mostPolls > 1 && this.idle !== 'park';
  }

  /** There is something to send or to wait for: take a turn as soon as the running code is done, and stay awake. */
  schedule(): void {
    if (this.#stopped || this.#turning) return;
    if (!this.#microtaskQueued && this.#microtaskTurns < MICROTASK_TURNS) {
      this.#microtaskQueued = true;
      READY.then(this.#microtask);
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
    // Relaxed would do: a wrong guess costs a sleep or a few polls.
    page.store32(peerWord + WAKEUP_PROMPT, this.#promptness.rings(performance.now()) ? 1 : 0);
    this.counts.notified++;
    if (this.#side.ringPeer()) this.counts.doorbellsRung++;
  }

  /**
   * How many polls a request may take at once for its response, in place of a turn. 0 when the peer cannot run, has not
   * been answering that fast, or when the event loop is due.
   */
  get pollsAtOnce(): number {
    if (!this.#paysAtOnce || this.#microtaskTurns >= MICROTASK_TURNS || this.#stopped) return 0;
    this.#microtaskTurns++;
    this.#wake();
    return this.#mostPolls;
  }

  /** The response did not come within {@link pollsAtOnce}. These polls are allowed again when one comes within a turn. */
  polledInVain(): void {
    this.#paysAtOnce = false;
  }

  /** Before a blocking wait: says that this side sleeps. The caller then polls its rings once more. */
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

  /** For the loop: one turn, with that share of the polls (0 to 1, at least one poll); false when this link sleeps now. */
  turn(share: number): boolean {
    this.#microtaskTurns = 0;
    const worked = this.#turn(share);
    // The turn may have been the link's last, and the page is gone with it.
    if (this.#stopped) return false;
    if (worked || this.#pollsOn()) return true;
    return !this.#fallAsleep();
  }

  get #budget(): IdleBudget {
    return this.#side.awaitsAnswer() ? this.#forAnswers : this.#forRequests;
  }

  /** Whether what is left of the budget is worth another turn. */
  #pollsOn(): boolean {
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
    // With budget left and no time lost, reading the clock would cost more than it tells.
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
