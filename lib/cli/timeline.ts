import type { MachineEvent } from '../machine/operations.ts';
import { indented } from './output.ts';

/** Who told whom what, a line an event; domains by name as soon as one has been told of. */
export class Timeline {
  readonly #names = new Map([[0, 'controller']]);

  /** `domains` are those that are there before the first event. */
  constructor(domains: readonly { readonly name: string; readonly domid?: number }[]) {
    for (const { name, domid } of domains) if (domid !== undefined) this.#names.set(domid, name);
  }

  line({ at, kind, from, to, name, says = '', result = '' }: MachineEvent): string {
    if (kind === 'domain' && from !== undefined) this.#names.set(from, name);
    const way = [from, to].filter((domid) => domid !== undefined).map((domid) => this.#nameOf(domid));
    const arrow = kind === 'device' ? '↔' : '→';
    const who = kind === 'domain' ? name : way.join(` ${arrow} `);
    const what = kind === 'domain' ? `domain ${from ?? ''}` : name;
    const line = (outcome: readonly string[]) =>
      `${at.toFixed(0).padStart(6)} ms  ${who.padEnd(21)}  ${what.padEnd(33)}  ${outcome.join(' ')}`.trimEnd();
    // Last words may be many.
    if (kind === 'domain' && says !== '') return [line([result]), ...indented(says)].join('\n');
    return line([result, says].filter((part) => part !== ''));
  }

  #nameOf(domid: number): string {
    return this.#names.get(domid) ?? `domain ${domid}`;
  }
}

export const lostLine = (count: number): string => `${count} events came too fast to be shown`;
