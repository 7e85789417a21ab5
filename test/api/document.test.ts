/** The table of docs/machine-api.md is the table of operations. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations, type Stream, streams } from '../../lib/machine/operations.ts';
import type { Operation } from '../../lib/schema/operation.ts';

const ROWS = [
  ...Object.entries<Operation>(operations).map(([name, { method, path, summary, takes }]) => {
    const names = takes.map(({ name, place }) => (place === 'query' ? `${name}?` : name));
    return [`\`${name}(${names.join(', ')})\``, `\`${method.toUpperCase()} ${path}\``, summary];
  }),
  ...Object.entries<Stream>(streams).map(([name, { path, summary, takes }]) => {
    const names = takes.map(({ name, place }) => (place === 'query' ? `{ ${name} }` : name));
    return [`\`${name}(${names.join(', ')})\``, `\`GET ${path}\``, summary];
  }),
].map((cells) => `| ${cells.join(' | ')} |`);

it('docs/machine-api.md has a row for each operation, as the table of operations states it', () => {
  const document = readFileSync(new URL('../../docs/machine-api.md', import.meta.url), 'utf8');
  const rows = document.match(/^\| `\w+\(.*\|$/gm) ?? [];
  expect(rows.join('\n')).toBe(ROWS.join('\n'));
});
