import { MessageChannel } from 'node:worker_threads';
import type { OwnEvents } from '../../event-channel/own-events.ts';

/** A word to sleep on. No process or thread notifies it. */
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/** A link's poller, which gets turns while it is awake. */
export interface LoopMember {
  /** Takes one turn with `share` (0 to 1) of its polls. Returns whether it stays awake. */
  turn(share: number): boolean;
}

/**
 * Runs a domain while it is awake. In each turn, every link that is awake polls, then the ports that have fired are dispatched.
 * Node's event loop runs between two turns. Links that sleep are not polled, and only pending bits lead to ports, so what is idle
 * costs no time.
 */
export class DomainLoop {
  readonly #events: OwnEvents | undefined;
  readonly #awake = new Set<LoopMember>();
  /** Objects for which the process stays alive during this loop's turns. */
  readonly #holders = new Set<object>();
  #pulse: Pulse | undefined;
  #running = false;
  #stopped = false;

  /** @param events the domain's ports; without them, each link has a doorbell of its own */
  constructor(events?: OwnEvents) {
    this.#events = events;
    events?.setListener(() => this.run());
  }

  /** Gives `member` turns until it sleeps. */
  join(member: LoopMember): void {
    this.#awake.add(member);
    this.run();
  }

  leave(member: LoopMember): void {
    this.#awake.delete(member);
  }

  /** Keeps the process alive for this loop's turns until each holder has released it. */
  hold(holder: object): void {
    this.#holders.add(holder);
  }

  release(holder: object): void {
    this.#holders.delete(holder);
  }

  /** Takes turns until everything sleeps. It must be called when there may be events without a doorbell. */
  run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#events?.disarm();
    this.#schedule();
  }

  /** Takes no more turns. */
  stop(): void {
    this.#stopped = true;
    this.#awake.clear();
    this.#holders.clear();
    this.#pulse?.close();
  }

  /** For {@link import('./blocking-wait.ts').block}: sets the domain's sleep word, so that every later event rings. */
  arm(): void {
    this.#events?.arm();
    this.#events?.hold();
  }

  /** Clears the domain's sleep word. The next turn dispatches the ports that fired meanwhile. */
  disarm(): void {
    this.#events?.disarm();
    this.#events?.release();
    if (this.#running) return;
    this.run();
  }

  /** Blocks until the domain's doorbell rings or `milliseconds` have passed. */
  sleep(milliseconds: number): void {
    if (this.#events) this.#events.wait(Math.ceil(milliseconds));
    else Atomics.wait(NEVER_NOTIFIED, 0, 0, milliseconds);
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
      // Also after an uncaught exception of a listener, because the process may survive it.
      if (!asleep && !this.#stopped) this.#schedule();
    }
  };

  /** Finds the ports that fired before a peer could see that this domain sleeps, as {@link import('./poller.ts').Poller} does for a link. */
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
 * Makes the event loop run its next turn without keeping the process alive. With an unref'd immediate alone the event loop would
 * block in its poll, and peers do not ring, because this domain is awake.
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
