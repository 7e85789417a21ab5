import type { Page } from '../../page/page.ts';
import { AWAKE, WAKEUP_PROMPT } from '../../wire/page.ts';
import type { DomainLoop } from './domain-loop.ts';
import { IdleBudget } from './idle-budget.ts';
import { DEFAULT_IDLE, type IdleStrategy } from './idle-strategy.ts';
import { Promptness } from './promptness.ts';

/** Microtask turns in a row before timers and sockets get theirs. */
const MICROTASK_TURNS = 256;

/** The link whose rings are polled. */
export interface PolledLink {
  /** Whether this side has asked what is not answered yet. */
  readonly awaitsAnswer: boolean;
  /**
   * Sends what is staged and takes what has come, polling up to `polls` times; returns whether there was any work. A link
   * that fails in it stops its poller first.
   */
  turn(polls: number): boolean;
}

/** How the peer is notified: by a port of its domain, or over the socket. */
export interface Notifier {
  /** Returns whether that took a doorbell, a system call. */
  notify(): boolean;
}

export interface PollerOptions {
  page: Page;
  /** Where this side says that it sleeps, and where the peer does ({@link import('../../wire/page.ts').PAGE_WAKEUP}). */
  ownWord: number;
  peerWord: number;
  /** Whether the peer can run while this side polls (see `processors.ts`); if not, polling only takes time from it. */
  peerRunsBeside: boolean;
  notifier: Notifier;
  loop: DomainLoop;
  /** Default: `adaptive`. */
  idle?: IdleStrategy | undefined;
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
  readonly #link: PolledLink;
  readonly #page: Page;
  readonly #ownWord: number;
  readonly #peerWord: number;
  readonly #notifier: Notifier;
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
  /** The budget as of the turn's beginning, which may have taken the last answer. */
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
      void READY.then(this.#microtask);
    }
    this.#wake();
  }

  /** To be called when the peer has notified this side. */
  readonly notified = (): void => {
    if (this.#stopped) return;
    this.counts.doorbellsHeard++;
    const isPrompt = this.#page.load32(this.#ownWord + WAKEUP_PROMPT) === 1;
    if (this.#promptness.rung(isPrompt)) this.#budget.raise();
    this.#wake();
    if (this.#turning) return;
    this.#microtaskTurns = 0;
    // At once, and not in the loop's next turn: a peer that rang has already waited for the wake-up.
    const worked = this.#end(this.#link.turn(this.#begin(1)));
    if (!this.#staysAwake(worked)) this.#loop.leave(this);
  };

  /** To be called when a publish found the peer asleep. */
  readonly notifyPeer = (): void => {
    // Relaxed would do: a wrong guess costs a sleep or a few polls.
    const isPrompt = this.#promptness.rings(performance.now());
    this.#page.store32(this.#peerWord + WAKEUP_PROMPT, isPrompt ? 1 : 0);
    this.counts.notified++;
    if (this.#notifier.notify()) this.counts.doorbellsRung++;
  };

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
    this.#page.armWakeup(this.#ownWord);
  }

  disarm(): void {
    // A link that broke during the wait has given its page back.
    if (!this.#stopped) this.#page.store32(this.#ownWord, AWAKE);
  }

  stop(): void {
    this.#stopped = true;
    this.#loop.leave(this);
  }

  /** For the loop: one turn, with that share of the polls (0 to 1, at least one poll); false when this link sleeps now. */
  turn(share: number): boolean {
    this.#microtaskTurns = 0;
    return this.#staysAwake(this.#end(this.#link.turn(this.#begin(share))));
  }

  get #budget(): IdleBudget {
    return this.#link.awaitsAnswer ? this.#forAnswers : this.#forRequests;
  }

  /** After a turn: whether the next one is due, or this link sleeps from now on. */
  #staysAwake(worked: boolean): boolean {
    // The turn may have been the link's last, and the page is gone with it.
    if (this.#stopped) return false;
    return worked || this.#pollsOn() || !this.#fallAsleep();
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
    const worked = this.#end(this.#link.turn(this.#begin(1)));
    if (worked) this.#paysAtOnce = this.#mostPolls > 1 && this.#forAnswers.milliseconds > 0;
  };

  /** Before a turn of the link's; returns how many polls it may take. */
  #begin(share: number): number {
    this.#turning = true;
    this.#turnBudget = this.#budget;
    return this.#turnBudget.milliseconds > 0 ? Math.max(1, Math.floor(this.#mostPolls * share)) : 1;
  }

  /** After a turn of the link's; returns whether it worked. */
  #end(worked: boolean): boolean {
    this.#turning = false;
    if (!worked) return false;
    const budget = this.#turnBudget;
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

/** `then` on a settled promise is a microtask without the bookkeeping that queueMicrotask adds. */
const READY = Promise.resolve();
