import type { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';

/** What was set for an interface and is said again after each CREATE, VBDs, a credit limit, ports, by what it is about. */
export class Settings {
  readonly #all = new Map<string, AnyMessage>();
  readonly #refusals = new Map<string, CtrlIfError>();

  get all(): ReadonlyMap<string, AnyMessage> {
    return this.#all;
  }

  /** Those that the backend has refused since they were said last, and how. */
  get refusals(): ReadonlyMap<string, CtrlIfError> {
    return this.#refusals;
  }

  set(about: string, setting: AnyMessage): void {
    this.#all.set(about, setting);
    this.#refusals.delete(about);
  }

  delete(about: string): void {
    this.#all.delete(about);
    this.#refusals.delete(about);
  }

  /** Nothing of it is said to a backend now. */
  unsay(): void {
    this.#refusals.clear();
  }

  /** Says all of it. What `say` rejects with is a refusal where `isRefused` takes it to be one, and else ends this. */
  async sayAll(
    say: (setting: AnyMessage) => Promise<void>,
    isRefused: (error: unknown) => error is CtrlIfError,
  ): Promise<void> {
    for (const [about, setting] of this.#all) {
      try {
        await say(setting);
      } catch (error) {
        if (!isRefused(error)) throw error;
        this.#refusals.set(about, error);
      }
    }
  }
}
