import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const text = readFileSync(`${ROOT}docs/protocol.md`, 'utf8');

/** `D1`, `H14`: the departures and the hazards of PROTOCOL.md 5.2 and 5.3. */
const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);

it('lists every departure and every hazard of the original', () => {
  const named = new Set(text.match(/\b[DH]\d+\b/g));
  expect([...numbered('D', 23), ...numbered('H', 30)].filter((each) => !named.has(each))).toEqual([]);
});

it('names tests that there are', () => {
  const paths = [...text.matchAll(/`(test\/[\w/-]+)`/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(40);
  expect(paths.filter((path) => !existsSync(ROOT + path) && !existsSync(`${ROOT}${path}.test.ts`))).toEqual([]);
});
