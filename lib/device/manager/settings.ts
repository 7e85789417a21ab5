import type { CtrlIfError } from '../../errors.ts';
import type { MessageFields } from '../wire.ts';

/** Something of a device that its backend is told after each CREATE: a disk, a limit, a port. */
export interface Setting {
  /** What it is about; another setting about the same takes its place. */
  readonly about: string;
  /** The message that says it, and its fields beside those that name the interface. */
  readonly name: string;
  readonly fields: MessageFields;
  /** The message that takes it back. Without one, another setting about the same has to take its place. */
  readonly undo?: { readonly name: string; readonly fields: MessageFields };
}

/** What was set for an interface and is said again after each CREATE, by what it is about. */
export class Settings {
  readonly #all = new Map<string, Setting>();
  readonly #refusals = new Map<string, CtrlIfError>();

  constructor(settings: Iterable<Setting> = []) {
    for (const setting of settings) this.set(setting);
  }

  get all(): ReadonlyMap<string, Setting> {
    return this.#all;
  }

  /** Those that the backend has refused since they were said last, and how. */
  get refusals(): ReadonlyMap<string, CtrlIfError> {
    return this.#refusals;
  }

  set(setting: Setting): void {
    this.#all.set(setting.about, setting);
    this.#refusals.delete(setting.about);
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
    say: (setting: Setting) => Promise<void>,
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
