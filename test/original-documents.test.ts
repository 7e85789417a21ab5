/** What the project cites of the original stands in docs/original: sections, departures (D4) and hazards (H14). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(ROOT + path, 'utf8');

/** `PROTOCOL.md 2.3, 2.6 and 5.3 H14`: the document, and what is cited of it. */
const CITATION = /\b(PROTOCOL|DATA-RINGS)\.md,?(?: sections?)?((?:(?:,| and| to)? ?(?:\d+(?:\.\d+)?|[DH]\d+)\b)+)/g;
const PART = /\d+(?:\.\d+)?|[DH]\d+/g;

/** The numbers of a document's sections, and those of its tables of departures and hazards. */
function partsOf(document: string): Set<string> {
  const text = read(`docs/original/${document}.md`);
  const sections = [...text.matchAll(/^#+ (\d+(?:\.\d+)?)\.? /gm)].map(([, number]) => number!);
  const numbered = [...text.matchAll(/^\| (?:\*\*)?([DH]\d+)\b/gm)].map(([, number]) => number!);
  return new Set([...sections, ...numbered]);
}

function tracked(...under: string[]): string[] {
  const command = ['ls-files', '--cached', '--others', '--exclude-standard', ...under];
  const paths = execFileSync('git', command, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  return paths.filter((path) => existsSync(ROOT + path));
}

interface Citation {
  path: string;
  document: string;
  part: string;
}

function* citations(): Generator<Citation> {
  for (const path of tracked().filter(
    (name) => /\.(ts|mjs|cc|h|md|pml)$/.test(name) && !name.startsWith('docs/original/'),
  )) {
    // A comment may break a citation.
    const text = read(path).replace(/\n\s*(?:\*|\/\/)? */g, ' ');
    for (const [, document, cited] of text.matchAll(CITATION)) {
      for (const [part] of cited!.matchAll(PART)) yield { path, document: document!, part };
    }
  }
}

it('every section and number of the original that is cited is there', () => {
  const parts = { PROTOCOL: partsOf('PROTOCOL'), 'DATA-RINGS': partsOf('DATA-RINGS') } as Record<string, Set<string>>;
  const all = [...citations()];
  expect(all.length).toBeGreaterThan(90);
  expect(all.filter(({ document, part }) => !parts[document]!.has(part))).toEqual([]);
});

/** `page/page.ts` in a comment, `docs/api.md`: a file of the project. */
const PATH = /`(?:\.\.\/)*((?:[\w-]+\/)+[\w.-]+\.(?:ts|mjs|cc|h|sh|pml|md|json))`/g;
/** Files of the original, a path that is an example, and what a build makes. */
const ELSEWHERE = /^(?:xen|linux-2.6.11-xen-sparse|tools|include|dist|build|node_modules|arch)\//;

it('every file that code and docs name is there', () => {
  const missing: string[] = [];
  for (const path of tracked('lib', 'native', 'bench', 'scripts', 'docs', 'CONTRIBUTING.md')) {
    if (path.startsWith('docs/original/')) continue;
    for (const [, named] of read(path).matchAll(PATH)) {
      const isThere = ['', 'lib/', 'native/', `${dirname(path)}/`, `${dirname(path)}/../`].some((from) =>
        existsSync(ROOT + from + named),
      );
      if (!isThere && !ELSEWHERE.test(named!)) missing.push(`${path}: ${named}`);
    }
  }
  expect(missing).toEqual([]);
});
