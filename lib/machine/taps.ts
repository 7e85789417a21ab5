import type { Domain } from '../domain/domain.ts';
import type { Passing } from '../link/observer.ts';

/** Hears a message of that domain's; `passing` is valid until it returns. Must not throw. */
export type Tap = (domid: number, passing: Passing) => void;

/** The messages of all domains, for as many as listen; links are observed only while somebody does. */
export class Taps {
  readonly #domains = new Set<Domain>();
  readonly #taps = new Set<Tap>();

  /** Its messages are heard from now on, until its link ends. */
  add(domain: Domain): void {
    this.#domains.add(domain);
    domain.once('close', () => this.#domains.delete(domain));
    this.#observe(domain);
  }

  /** Returns the function that stops it. */
  listen(tap: Tap): () => void {
    this.#taps.add(tap);
    this.#observeAll();
    return () => {
      this.#taps.delete(tap);
      this.#observeAll();
    };
  }

  #observeAll(): void {
    for (const domain of this.#domains) this.#observe(domain);
  }

  #observe(domain: Domain): void {
    const { domid } = domain;
    const hear = (passing: Passing) => {
      for (const tap of this.#taps) tap(domid, passing);
    };
    domain.observer = this.#taps.size > 0 ? hear : undefined;
  }
}
