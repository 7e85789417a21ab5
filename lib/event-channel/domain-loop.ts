import { MessageChannel } from 'node:worker_threads';
import type { OwnEvents } from './own-events.ts';
import type { Waiter } from './waiter.ts';

/** Nobody wakes who waits here. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/**
 * What a domain does between its sleeps: it gives each link that is awake a turn, looks which of its ports have fired,
 * and lets the event loop have its own turn in between. What it costs is what is active: links that sleep are not
 * looked at, and ports are found by the bits that are set.
 */
export class DomainLoop {
  readonly #events: OwnEvents | undefined;
  readonly #awake = new Set<Waiter>();
  /** Whoever wants the process to stay alive for this loop's turns. */
  readonly #holders = new Set<object>();
  #pulse: Pulse | undefined;
  #running = false;
  #stopped = false;

  /** @param events the domain's ports; without any, each of its links hears a doorbell of its own */
  constructor(events?: OwnEvents) {
    this.#events = events;
    events?.setListener({ rung: () => this.#rung(), due: () => this.run() });
  }

  /** From now on `waiter` gets turns, until it sleeps. */
  join(waiter: Waiter): void {
    this.#awake.add(waiter);
    this.run();
  }

  leave(waiter: Waiter): void {
    this.#awake.delete(waiter);
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
   * For who blocks the thread ({@link import('./block.ts').block}): says that the domain sleeps, so that whatever comes
   * after this rings.
   */
  arm(): void {
    this.#events?.arm();
    this.#events?.hold();
  }

  /** Awake again; what was rung for meanwhile is looked for in a turn. */
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

  #rung(): void {
    if (this.#stopped) return;
    // Who rang has waited long enough: its port is served before the loop comes round.
    this.#events!.dispatch();
    this.run();
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
      // Several that look for long would each wait for the others' looks.
      const share = this.#awake.size === 1 ? 1 : 0;
      for (const waiter of this.#awake) {
        if (!waiter.turn(share)) this.#awake.delete(waiter);
      }
      const fired = this.#events?.dispatch() ?? 0;
      asleep = fired === 0 && this.#awake.size === 0 && !this.#stopped && this.#fallAsleep();
    } finally {
      // Also after what a receiver's owner threw, which is an uncaught exception and may be survived.
      if (!asleep && !this.#stopped) this.#schedule();
    }
  };

  /** As for one link (`waiter.ts`): what fired before a peer could see that this domain sleeps is found here. */
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
 * Has the event loop come round without keeping it alive. An immediate that is unref'd does neither: the loop would wait for
 * something else in its poll, while peers, who were told that this domain looks by itself, do not ring.
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
