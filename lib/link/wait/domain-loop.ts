import { MessageChannel } from 'node:worker_threads';
import type { OwnEvents } from '../../event-channel/own-events.ts';

/** A word that nobody notifies, to sleep on. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** What gets turns while it is awake: a link's poller. */
export interface LoopMember {
  /** One turn, with that share of its polls (0 to 1); returns whether it stays awake. */
  turn(share: number): boolean;
}

/**
 * Runs a domain while it is awake: each link that is awake gets a turn, the ports that have fired are dispatched, and the
 * event loop has its own turn in between. Only what is active costs time: links that sleep are not polled, and ports are
 * found by the bits that are set.
 */
export class DomainLoop {
  readonly #events: OwnEvents | undefined;
  readonly #awake = new Set<LoopMember>();
  /** Objects for which the process stays alive during this loop's turns. */
  readonly #holders = new Set<object>();
  #pulse: Pulse | undefined;
  #running = false;
  #stopped = false;

  /** @param events the domain's ports; without any, each of its links hears a doorbell of its own */
  constructor(events?: OwnEvents) {
    this.#events = events;
    events?.setListener(() => this.run());
  }

  /** From now on `member` gets turns, until it sleeps. */
  join(member: LoopMember): void {
    this.#awake.add(member);
    this.run();
  }

  leave(member: LoopMember): void {
    this.#awake.delete(member);
  }

  /** The process stays alive for this loop's turns, until each holder has released it. */
  hold(holder: object): void {
    this.#holders.add(holder);
  }

  release(holder: object): void {
    this.#holders.delete(holder);
  }

  /** Turns until everything sleeps; to be called when there may be events that no doorbell will announce. */
  run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#events?.disarm();
    this.#schedule();
  }

  /** No more turns. */
  stop(): void {
    this.#stopped = true;
    this.#awake.clear();
    this.#holders.clear();
    this.#pulse?.close();
  }

  /**
   * For a blocking wait ({@link import('./blocking-wait.ts').block}): says that the domain sleeps, so that every later event
   * rings.
   */
  arm(): void {
    this.#events?.arm();
    this.#events?.hold();
  }

  /** Says that the domain is awake again; ports that fired meanwhile are dispatched in a turn. */
  disarm(): void {
    this.#events?.disarm();
    this.#events?.release();
    if (this.#running) return;
    this.run();
  }

  /** Blocks until the domain's doorbell rings, or for a while. */
  sleep(milliseconds: number): void {
    if (this.#events) this.#events.wait(Math.ceil(milliseconds));
    else Atomics.wait(NOBODY, 0, 0, milliseconds);
  }

  #schedule(): void {
    const immediate = setImmediate(this.#turn);
    if (this.#holders.size > 0) return;
    immediate.unref();
    this.#pulse ??= new Pulse();
    this.#pulse.beat();
  }

  readonly #turn = (): void => {
    if (this.#stopped) return;
    let asleep = false;
    try {
      // With more than one link awake, polling one delays the others, so poll for long only when there is exactly one.
      const share = this.#awake.size === 1 ? 1 : 0;
      for (const member of this.#awake) {
        if (!member.turn(share)) this.#awake.delete(member);
      }
      const fired = this.#events?.dispatch() ?? 0;
      asleep = fired === 0 && this.#awake.size === 0 && !this.#stopped && this.#fallAsleep();
    } finally {
      // Also after what a receiver's owner threw, which is an uncaught exception and may be survived.
      if (!asleep && !this.#stopped) this.#schedule();
    }
  };

  /** As for one link (`poller.ts`): ports that fired before a peer could see that this domain sleeps are found here. */
  #fallAsleep(): boolean {
    if (this.#events) {
      this.#events.arm();
      const fired = this.#events.dispatch();
      if (this.#stopped) return true;
      if (fired > 0 || this.#awake.size > 0) {
        this.#events.disarm();
        return false;
      }
    }
    this.#running = false;
    return true;
  }
}

/**
 * Makes the event loop come round without keeping the process alive. An unref'd immediate does not: the event loop would
 * block in its poll, while peers, which read that this domain is awake, do not ring.
 */
class Pulse {
  readonly #channel = new MessageChannel();

  constructor() {
    const { port1, port2 } = this.#channel;
    port2.on('message', () => {});
    port1.unref();
    port2.unref();
  }

  beat(): void {
    this.#channel.port1.postMessage(null);
  }

  close(): void {
    this.#channel.port1.close();
  }
}
