import type { Page } from '../../page/page.ts';
import { AWAKE, WAKEUP_PROMPT } from '../../wire/page.ts';
import type { DomainLoop } from './domain-loop.ts';
import { IdleBudget } from './idle-budget.ts';
import { DEFAULT_IDLE, type IdleStrategy } from './idle-strategy.ts';
import { Promptness } from './promptness.ts';

/** The most turns in microtasks before timers and sockets get a turn. */
const MICROTASK_TURNS = 256;

/** The link whose rings are polled. */
export interface PolledLink {
  /** Whether a request of this side is not answered yet. */
  readonly awaitsAnswer: boolean;
  /**
   * Sends and takes messages, with up to `polls` polls. Returns whether there were any. A link that fails in its turn stops its
   * poller first.
   */
  turn(polls: number): boolean;
}

/** Notifies the peer, through a port of its domain or over the socket. */
export interface Notifier {
  /** Returns whether the notification took a doorbell, a system call. */
  notify(): boolean;
}

export interface PollerOptions {
  page: Page;
  /** The offset of this side's sleep word in the page ({@link import('../../wire/page.ts').PAGE_WAKEUP}). */
  ownWord: number;
  /** The offset of the peer's sleep word. */
  peerWord: number;
  /** Whether the peer can run while this side polls (see `processors.ts`). If not, polling only takes time from the peer. */
  peerRunsBeside: boolean;
  notifier: Notifier;
  loop: DomainLoop;
  /** Default: `adaptive`. */
  idle?: IdleStrategy | undefined;
}

/**
 * Decides when one link polls its rings and when it sleeps. It polls while there is traffic, and for the budget of its strategy after
 * that. Then it sets its sleep word, polls once more, and leaves the domain's loop until it is notified. No wake-up is missed: the
 * sleeper sets its word, fences and polls; the peer publishes, fences and reads the word.
 */
export class Poller {
  readonly idle: IdleStrategy;
  /** See {@link import('../stats.ts').LinkStats}. */
  readonly counts = { sleeps: 0, notified: 0, doorbellsRung: 0, doorbellsReceived: 0 };
  readonly #link: PolledLink;
  readonly #page: Page;
  readonly #ownWord: number;
  readonly #peerWord: number;
  readonly #notifier: Notifier;
  readonly #loop: DomainLoop;
  /** One budget for answers and one for requests, so that a side that only sends requests does not poll between two of them. */
  readonly #forAnswers: IdleBudget;
  readonly #forRequests: IdleBudget;
  readonly #promptness: Promptness;
  readonly #mostPolls: number;
  #awake = false;
  #stopped = false;
  /** The time at which polling last began to find no message; 0 while it finds messages. */
  #idleSince = 0;
  #paysAtOnce = false;
  #microtaskQueued = false;
  #microtaskTurns = 0;
  /** A turn is running. Messages staged now are sent at its end. */
  #turning = false;
  /** The budget at the beginning of the turn. The turn itself may take the last answer and so change the budget. */
  #turnBudget: IdleBudget;

  constructor(link: PolledLink, options: PollerOptions) {
    const { page, peerRunsBeside, idle = DEFAULT_IDLE } = options;
    this.idle = idle;
    this.#link = link;
    this.#page = page;
    this.#ownWord = options.ownWord;
    this.#peerWord = options.peerWord;
    this.#notifier = options.notifier;
    this.#loop = options.loop;
    const { pollsPerCall, scale } = page.pollCost;
    this.#forAnswers = new IdleBudget(idle, peerRunsBeside, scale);
    this.#forRequests = new IdleBudget(idle, peerRunsBeside, scale);
    this.#turnBudget = this.#forRequests;
    this.#promptness = new Promptness(scale);
    this.#mostPolls = peerRunsBeside ? pollsPerCall : 1;
  }

  /** Whether this side sleeps until it is notified. */
  get asleep(): boolean {
    return !this.#awake;
  }

  /** The present budgets, in microseconds. */
  get budgetMicroseconds(): { answers: number; requests: number } {
    return { answers: this.#forAnswers.milliseconds * 1000, requests: this.#forRequests.milliseconds * 1000 };
  }

  /** The number of polls in one call into the engine. */
  get polls(): number {
    return this.#mostPolls;
  }

  /** Whether polling for longer than one call is worth it. */
  get spins(): boolean {
    return this.#mostPolls > 1 && this.idle !== 'park';
  }

  /** Takes a turn as soon as the running code is done, and stays awake. To be called after staging a message. */
  schedule(): void {
    if (this.#stopped || this.#turning) return;
    if (!this.#microtaskQueued && this.#microtaskTurns < MICROTASK_TURNS) {
      this.#microtaskQueued = true;
      void READY.then(this.#microtask);
    }
    this.#wake();
  }

  /** To be called when the peer has notified this side. */
  readonly notified = (): void => {
    if (this.#stopped) return;
    this.counts.doorbellsReceived++;
    const isPrompt = this.#page.load32(this.#ownWord + WAKEUP_PROMPT) === 1;
    if (this.#promptness.rung(isPrompt)) this.#budget.raise();
    this.#wake();
    if (this.#turning) return;
    this.#microtaskTurns = 0;
    // At once and not in the loop's next turn, because the peer has already waited for the wake-up.
    const worked = this.#end(this.#link.turn(this.#begin(1)));
    if (!this.#staysAwake(worked)) this.#loop.leave(this);
  };

  /** To be called when this side has published and the peer sleeps. */
  readonly notifyPeer = (): void => {
    // A relaxed store would be enough: a wrong value costs a sleep or a few polls.
    const isPrompt = this.#promptness.rings(performance.now());
    this.#page.store32(this.#peerWord + WAKEUP_PROMPT, isPrompt ? 1 : 0);
    this.counts.notified++;
    if (this.#notifier.notify()) this.counts.doorbellsRung++;
  };

  /**
   * The number of polls that a request may take for its response at once, in place of a turn. It is 0 when the peer cannot run, when
   * it has not answered that fast, and when the event loop must run.
   */
  get pollsAtOnce(): number {
    if (!this.#paysAtOnce || this.#microtaskTurns >= MICROTASK_TURNS || this.#stopped) return 0;
    this.#microtaskTurns++;
    this.#wake();
    return this.#mostPolls;
  }

  /** No response came within {@link pollsAtOnce}. These polls are allowed again after a turn that finds a response. */
  polledInVain(): void {
    this.#paysAtOnce = false;
  }

  /** Sets this side's sleep word. The caller must poll its rings once more before it sleeps. */
  arm(): void {
    this.#page.armWakeup(this.#ownWord);
  }

  /** Clears this side's sleep word. */
  disarm(): void {
    // The page of a link that ended during the wait is unmapped.
    if (!this.#stopped) this.#page.store32(this.#ownWord, AWAKE);
  }

  stop(): void {
    this.#stopped = true;
    this.#loop.leave(this);
  }

  /** For the loop: takes a turn with `share` (0 to 1) of the polls, at least one. Returns false when this link sleeps now. */
  turn(share: number): boolean {
    this.#microtaskTurns = 0;
    return this.#staysAwake(this.#end(this.#link.turn(this.#begin(share))));
  }

  get #budget(): IdleBudget {
    return this.#link.awaitsAnswer ? this.#forAnswers : this.#forRequests;
  }

  /** After a turn: returns whether the link takes another, or makes it sleep. */
  #staysAwake(worked: boolean): boolean {
    // The turn may have ended the link and unmapped its page.
    if (this.#stopped) return false;
    return worked || this.#pollsOn() || !this.#fallAsleep();
  }

  /** Whether the budget has time left for another turn. */
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
    // A relaxed store would be enough: a peer that still reads 1 notifies once too often.
    this.disarm();
    this.#loop.join(this);
  }

  readonly #microtask = (): void => {
    this.#microtaskQueued = false;
    if (this.#stopped) return;
    this.#microtaskTurns++;
    const worked = this.#end(this.#link.turn(this.#begin(1)));
    if (worked) this.#paysAtOnce = this.#mostPolls > 1 && this.#forAnswers.milliseconds > 0;
  };

  /** Before a turn of the link. Returns how many polls it may take. */
  #begin(share: number): number {
    this.#turning = true;
    this.#turnBudget = this.#budget;
    return this.#turnBudget.milliseconds > 0 ? Math.max(1, Math.floor(this.#mostPolls * share)) : 1;
  }

  /** After a turn of the link. Returns `worked`. */
  #end(worked: boolean): boolean {
    this.#turning = false;
    if (!worked) return false;
    const budget = this.#turnBudget;
    // With budget left and no idle time to measure, the clock need not be read.
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
    // This turn finds what the peer published before it could see the word. For what it publishes later, it rings.
    const worked = this.#end(this.#link.turn(this.#begin(0)));
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

/** `then` on a settled promise queues a microtask at less cost than queueMicrotask. */
const READY = Promise.resolve();
