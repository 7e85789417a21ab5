import type { Domain } from '../domain/domain.ts';
import type { Passing } from '../link/observer.ts';

/** Is called with each message of that domain's; `passing` is valid until it returns. Must not throw. */
export type MessageObserver = (domid: number, passing: Passing) => void;

/** Observers of the messages of all domains. Links are observed only while there is one. */
export class MessageObservers {
  readonly #domains = new Set<Domain>();
  readonly #observers = new Set<MessageObserver>();

  /** Its messages are observed from now on, until its link ends. */
  addDomain(domain: Domain): void {
    this.#domains.add(domain);
    domain.once('close', () => this.#domains.delete(domain));
    this.#observe(domain);
  }

  /** Returns the function that stops it. */
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
