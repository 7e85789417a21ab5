/** What a run of the tests prints beside their titles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { skipLines, unless } from './support/skips.ts';

it('the end of a run says why tests were skipped, and how many for each reason', () => {
  const root = unless(false, 'root');
  expect(unless(true, 'root')).toBe('');
  expect(skipLines([`a page > is refused${root}`, `a memory${root} > grows`, 'event channels > are closed'])).toEqual([
    '2 skipped: needs root',
    '1 skipped: needs the native engine (no addon, or CTRL_IF_ENGINE=file)',
  ]);
});

it('no child of a test has its standard error printed while the test passes', () => {
  const directory = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const inherits = /stdio: (?:'inherit'|\['\w+', '\w+', 'inherit')/;
  expect(files.filter((name) => inherits.test(readFileSync(join(directory, name), 'utf8')))).toEqual([]);
});
