import type { CtrlIfError } from '../../errors.ts';
import type { MessageFields } from '../wire.ts';

/** A message that a backend gets after each CREATE of an interface: about a disk, a limit or a port. */
export interface Setting {
  /** Names the subject, such as `vbd 769`. A new setting about the same subject replaces the old one. */
  readonly about: string;
  /** The name of the message. */
  readonly name: string;
  /** The fields of the message, without those that name the interface. */
  readonly fields: MessageFields;
  /** The message that takes the setting back. Without it the setting can only be replaced. */
  readonly undo?: { readonly name: string; readonly fields: MessageFields };
}

/** The settings of an interface, by their subjects. They are sent after each CREATE. */
export class Settings {
  readonly #all = new Map<string, Setting>();
  readonly #refusals = new Map<string, CtrlIfError>();

  /** Of two settings about the same subject the later one counts. */
  constructor(settings: Iterable<Setting> = []) {
    for (const setting of settings) this.set(setting);
  }

  /** The settings, by `about`. */
  get all(): ReadonlyMap<string, Setting> {
    return this.#all;
  }

  /** The errors of the settings that the backend refused after the last CREATE, by `about`. */
  get refusals(): ReadonlyMap<string, CtrlIfError> {
    return this.#refusals;
  }

  /** Adds a setting, or replaces the one about the same subject. It sends nothing. */
  set(setting: Setting): void {
    this.#all.set(setting.about, setting);
    this.#refusals.delete(setting.about);
  }

  /** Removes the setting about that subject. It sends nothing. */
  delete(about: string): void {
    this.#all.delete(about);
    this.#refusals.delete(about);
  }

  /** @internal Removes all refusals, before a CREATE and after one that failed. */
  clearRefusals(): void {
    this.#refusals.clear();
  }

  /** @internal Sends all settings by `send`. It stores the errors that `isRefused` accepts as refusals, and throws the first other one. */
  async sendAll(
    send: (setting: Setting) => Promise<void>,
    isRefused: (error: unknown) => error is CtrlIfError,
  ): Promise<void> {
    for (const [about, setting] of this.#all) {
      try {
        await send(setting);
      } catch (error) {
        if (!isRefused(error)) throw error;
        this.#refusals.set(about, error);
      }
    }
  }
}
