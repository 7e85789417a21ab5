/** No text of the project uses a word that docs/glossary.md sets aside. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(ROOT + path, 'utf8');

/** What a reader of the project reads. The facts about the original have its words; the changelog has old names. */
const PLACES = ['lib', 'native/include', 'native/addon', 'native/*.cc', 'docs', 'README.md', 'CONTRIBUTING.md'];
const EXCEPT = [':!docs/glossary.md', ':!docs/original', ':!docs/performance'];

/** The first column of the last table, without what stands in brackets. */
function wordsSetAside(): string[] {
  const [, table] = read('docs/glossary.md').split('## Words that we do not use');
  const cells = [...table!.matchAll(/^\| ([a-z][^|]*) \|/gm)].map(([, cell]) => cell!).filter((cell) => cell !== 'not');
  return cells.flatMap((cell) => cell.replace(/\(.*\)/, '').split(',')).map((word) => word.trim());
}

/** As a word of its own, or as a part of a camelCase name. */
function pattern(words: readonly string[]): RegExp {
  const capital = words.map((word) => word[0]!.toUpperCase() + word.slice(1));
  return new RegExp(
    `(?<![A-Za-z])(?:${words.join('|')})(?![a-z])|(?<=[a-z])(?:${capital.join('|')})(?![a-z])|\\b(?:${capital.join('|')})(?![a-z])`,
    'g',
  );
}

it('no text uses a word that the glossary sets aside', () => {
  const words = wordsSetAside();
  expect(words.length).toBeGreaterThan(30);
  const forbidden = pattern(words);
  const paths = execFileSync('git', ['ls-files', ...PLACES, ...EXCEPT], { cwd: ROOT, encoding: 'utf8' });
  const found = paths
    .trim()
    .split('\n')
    .filter((path) => /\.(ts|md|cc|h|hpp)$/.test(path))
    .flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(forbidden)].map(([word]) => `${path}:${index + 1}: ${word}: ${line.trim()}`),
        ),
    );
  expect(found).toEqual([]);
});
