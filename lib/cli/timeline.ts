import type { MachineEvent } from '../machine/operations.ts';
import { indented } from './output.ts';

/** Formats events, a line each: time, sender, receiver, name and result. Known domids are shown as names. */
export class Timeline {
  readonly #names = new Map([[0, 'controller']]);

  /** @param domains the domains before the first event */
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
    // The last output of a domain may have several lines.
    if (kind === 'domain' && says !== '') return [line([result]), ...indented(says)].join('\n');
    return line([result, says].filter((part) => part !== ''));
  }

  #nameOf(domid: number): string {
    return this.#names.get(domid) ?? `domain ${domid}`;
  }
}

export const lostLine = (count: number): string =>
  `${count} events were discarded: they came faster than they could be shown`;
