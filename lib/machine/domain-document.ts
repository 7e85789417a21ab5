/** `docs/domains.md`, made from the table of a domain: what is drawn there is what runs. */
import { cellText, diagram } from '../device/document.ts';
import { cellOf } from '../device/table.ts';
import { markdownTable } from '../markdown-table.ts';
import {
  DOMAIN,
  LIFECYCLE_ACTIONS,
  LIFECYCLE_EVENTS,
  LIFECYCLE_NOTICES,
  LIFECYCLE_STATES,
  type LifecycleState,
} from './domain-table.ts';

const INTRODUCTION = `# Domains

Made by \`node scripts/render-domains.mjs\` from the table in \`lib/machine/domain-table.ts\`; a test holds the two together. It says what a
machine does with a domain from its creation until it is gone: which event leads to which state, and what is done on the way.

An event is done at once, in the order in which events come. An action only starts work; the end of the work is another event. So a
domain can be destroyed at any time, and its death is seen in any state.`;

/** The whole file. */
export function domainsDocument(): string {
  const states = Object.entries(LIFECYCLE_STATES).map(([state, [reported, meaning]]) => [state, reported, meaning]);
  return [
    INTRODUCTION,
    diagram(DOMAIN),
    '## States\n\n`ctrl-if info`, `wait` and `events` show the reported state.',
    markdownTable(['state', 'reported', 'meaning'], states).trimEnd(),
    '## Cells\n\nWhat is done, in order; then **the next state**, where it is another; then _who is told what_. An event that a state does not list does nothing there.',
    markdownTable(['state', 'event', 'what happens'], Object.keys(LIFECYCLE_STATES).flatMap(rowsOf)).trimEnd(),
    '## Events',
    words('event', LIFECYCLE_EVENTS),
    '## Actions',
    words('action', LIFECYCLE_ACTIONS),
    '## Notices',
    `${words('notice', LIFECYCLE_NOTICES)}\n`,
  ].join('\n\n');
}

/** One row for all events that do the same in a state. */
function rowsOf(state: string): string[][] {
  const events = new Map<string, string[]>();
  for (const event of DOMAIN.events) {
    const text = cellText(state, cellOf(DOMAIN, state as LifecycleState, event));
    if (text) events.set(text, [...(events.get(text) ?? []), event]);
  }
  return [...events].map(([text, names]) => [state, names.join(', '), text]);
}

function words(kind: string, meanings: { readonly [word: string]: string }): string {
  return markdownTable([kind, 'meaning'], Object.entries(meanings)).trimEnd();
}
