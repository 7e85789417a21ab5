import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { controlSocketDocument } from '../../lib/domain/control-socket-document.ts';
import { HANDSHAKE } from '../../lib/domain/handshake.ts';
import { QUESTIONS } from '../../lib/domain/questions.ts';

it('docs/control-socket.md is what the declarations say', () => {
  const written = readFileSync(new URL('../../docs/control-socket.md', import.meta.url), 'utf8');
  // When this fails: npm run docs:render
  expect(written).toBe(controlSocketDocument());
});

it('docs/control-socket.md has a row for each line and each question, and nothing that would end a cell', () => {
  const rows = controlSocketDocument().match(/^\|.*\|$/gm)!;
  const first = rows.map((row) => row.split('|')[1]!.trim().replaceAll('`', ''));
  for (const name of [...Object.keys(HANDSHAKE), ...Object.keys(QUESTIONS)]) expect(first).toContain(name);
  for (const row of rows) expect([3, 5]).toContain(row.split('|').length - 1);
});
