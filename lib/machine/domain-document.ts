/** `docs/domains.md`, rendered from the table that runs a domain. */
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

Made by \`node scripts/render-domains.mjs\` from the table in \`lib/machine/domain-table.ts\`; a test compares the two. It shows what a
machine does with a domain from its creation until it is gone: each event, the actions that follow and the next state.

Events are processed at once, in the order in which they arrive. An action only starts work, and the end of the work is another event.
So a domain can be destroyed at any time, and its death is noticed in any state.`;

/** The whole file. */
export function domainsDocument(): string {
  const states = Object.entries(LIFECYCLE_STATES).map(([state, [reported, meaning]]) => [state, reported, meaning]);
  return [
    INTRODUCTION,
    diagram(DOMAIN),
    '## States\n\n`ctrl-if info`, `wait` and `events` show the reported state.',
    markdownTable(['state', 'reported', 'meaning'], states).trimEnd(),
    '## Cells\n\nEach cell lists its actions in order, then **the next state** if it changes, then _the notices_. An event that a state does not list has no effect there.',
    markdownTable(['state', 'event', 'what happens'], Object.keys(LIFECYCLE_STATES).flatMap(rowsOf)).trimEnd(),
    '## Events',
    words('event', LIFECYCLE_EVENTS),
    '## Actions',
    words('action', LIFECYCLE_ACTIONS),
    '## Notices',
    `${words('notice', LIFECYCLE_NOTICES)}\n`,
  ].join('\n\n');
}

/** One row for all events with the same effect in a state. */
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
