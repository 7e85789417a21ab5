/** Puts what is generated between the markers of docs/performance.md or README.md; the prose around them is written by hand. */
import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { Report } from '../harness/report.ts';

/** A file is at fault; told without a stack, exit code 1. */
export class InputError extends Error {}

/** The JSON of a run, checked before anything is drawn. */
export function readReport(file: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const advice = `measure first: npm run bench -- --json ${file}`;
    throw new InputError(`${file} cannot be read as JSON: ${(error as Error).message}\n${advice}`);
  }
  const [fault] = Value.Errors(Report, value);
  if (!fault) return value as Report;
  const place = fault.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/') || 'it';
  throw new InputError(`${file} is not what \`npm run bench -- --json\` writes: ${place} ${fault.message}`);
}

/** `<!-- generated: NAME -->`, what is generated, `<!-- end -->`. */
const SECTION = /<!-- generated: ([\w.-]+) -->\n[\s\S]*?<!-- end -->/g;
const MARKER = /<!-- (?:generated: [^\n]*?|end) -->/g;

/** `sections`: their text by name. Returns the page, and the names that it has no markers for. */
export function fillPage(
  page: string,
  sections: ReadonlyMap<string, string>,
): { readonly text: string; readonly unplaced: string[] } {
  const placed = new Set<string>();
  let markers = 0;
  const text = page.replace(SECTION, (whole, name: string) => {
    const section = sections.get(name);
    if (section === undefined)
      throw new InputError(`there is no section ${name}; there are: ${[...sections.keys()].join(', ')}`);
    // A begin inside a section is one whose end is missing: everything up to the next end would be lost.
    markers += whole.match(MARKER)!.length;
    if (whole.match(MARKER)!.length !== 2) throw new InputError(`section ${name} has no <!-- end -->`);
    placed.add(name);
    return `<!-- generated: ${name} -->\n\n${section}\n\n<!-- end -->`;
  });
  if (markers !== (page.match(MARKER) ?? []).length)
    throw new InputError('a marker is alone: each <!-- generated: NAME --> needs an <!-- end -->');
  return { text, unplaced: [...sections.keys()].filter((name) => !placed.has(name)) };
}
