import type { Domain } from '../domain/domain.ts';
import type { Passing } from '../link/observer.ts';

/** Called with each message of the domain. `passing` is valid until the observer returns. Must not throw. */
export type MessageObserver = (domid: number, passing: Passing) => void;

/** The observers of the messages of all domains. Without an observer, no link is observed. */
export class MessageObservers {
  readonly #domains = new Set<Domain>();
  readonly #observers = new Set<MessageObserver>();

  /** Observes the messages of `domain` from now on, until its link ends. */
  addDomain(domain: Domain): void {
    this.#domains.add(domain);
    domain.once('close', () => this.#domains.delete(domain));
    this.#observe(domain);
  }

  /** Adds an observer. Returns the function that removes it. */
  observe(observer: MessageObserver): () => void {
    this.#observers.add(observer);
    this.#observeAll();
    return () => {
      this.#observers.delete(observer);
      this.#observeAll();
    };
  }

  #observeAll(): void {
    for (const domain of this.#domains) this.#observe(domain);
  }

  #observe(domain: Domain): void {
    const { domid } = domain;
    const callAll = (passing: Passing) => {
      for (const observer of this.#observers) observer(domid, passing);
    };
    domain.observer = this.#observers.size > 0 ? callAll : undefined;
  }
}
