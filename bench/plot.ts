/** `npm run bench:plot`: the plots and tables of docs/performance.md and the table of README.md, from the JSON of a run. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ALL_CASES } from './cases/index.ts';
import { parseOptions, UsageError } from './harness/arguments.ts';
import { ROOT } from './harness/paths.ts';
import type { Report } from './harness/report.ts';
import { toSvg } from './plot/chart.ts';
import { fillPage, readReport } from './plot/page.ts';
import { ALL_PLOTS } from './plot/plots.ts';
import { absentSection, machineSection, ratiosSection, readmeSection, rowsSection } from './plot/tables.ts';

const USAGE = `usage: npm run bench:plot -- [--json FILE] [--out DIR] [--readme FILE]

  --json FILE    what \`npm run bench -- --json FILE\` wrote; default docs/performance/bench.json
  --out DIR      where the plots go; default docs/performance. Where DIR.md is there, its tables are written too
  --readme FILE  where the table of README.md goes; default README.md, or with --out nowhere
  --help         this
`;

/** Returns the exit code: 0, 1 when the input is at fault, 2 when the command line is. */
export function main(argv: readonly string[]): number {
  try {
    const { help, json, out, readme } = parseArguments(argv);
    if (help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const report = readReport(json);
    const svgs = new Map(ALL_PLOTS.map((plot) => [plot.name, toSvg(plot.draw(report), plot, report.machine)]));
    const page = `${out}.md`;
    // All pages first, in memory: what is wrong with them is found before a file has changed.
    const pages = new Map<string, string>();
    if (existsSync(page)) pages.set(page, filled(page, sectionsOf(report, svgs, basename(out))));
    else say(`there is no ${shown(page)}: no tables written`);
    if (readme !== undefined) pages.set(readme, filled(readme, new Map([['readme', readmeSection(report)]])));
    writePlots(out, svgs);
    for (const [file, text] of pages) writeIfChanged(file, text);
    return 0;
  } catch (error) {
    say((error as Error).message);
    return error instanceof UsageError ? 2 : 1;
  }
}

function parseArguments(argv: readonly string[]) {
  const path = { type: 'string' } as const;
  const values = parseOptions(argv, { json: path, out: path, readme: path }, USAGE);
  const { json = join(ROOT, 'docs/performance/bench.json'), out = join(ROOT, 'docs/performance'), help } = values;
  // Plots of another run are no reason to change the README of this one.
  const { readme = values.out === undefined ? join(ROOT, 'README.md') : undefined } = values;
  if ([json, out, readme].includes('')) throw new UsageError(`--json, --out and --readme need a path\n\n${USAGE}`);
  return { json: resolve(json), out: resolve(out), readme: readme && resolve(readme), help };
}

/** By name; undefined where the run has no figures for one. */
type Svgs = ReadonlyMap<string, string | undefined>;

function sectionsOf(report: Report, svgs: Svgs, directory: string): Map<string, string> {
  const plots = ALL_PLOTS.map(({ name, alt }): [string, string] => [
    `plot.${name}`,
    svgs.get(name) ? `![${alt}](${directory}/${name}.svg)` : 'No plot: this run has no figures for it.',
  ]);
  const families = [...new Set(ALL_CASES.map(({ name }) => name.split('.')[0]!))];
  return new Map([
    ['machine', machineSection(report)],
    ['ratios', ratiosSection(report)],
    ['absent', absentSection(report)],
    ...plots,
    ...families.map((family): [string, string] => [`rows.${family}`, rowsSection(report, family)]),
  ]);
}

function filled(file: string, sections: ReadonlyMap<string, string>): string {
  const { text, unplaced } = fillPage(readFileSync(file, 'utf8'), sections);
  if (unplaced.length > 0) say(`${shown(file)} has no markers for ${unplaced.join(', ')}`);
  return text;
}

function writePlots(out: string, svgs: Svgs): void {
  mkdirSync(out, { recursive: true });
  for (const { name } of ALL_PLOTS) {
    const file = join(out, `${name}.svg`);
    const svg = svgs.get(name);
    if (svg !== undefined) {
      writeIfChanged(file, svg);
    } else {
      // One of an earlier run would tell of another JSON than the page does.
      rmSync(file, { force: true });
      say(`no ${name}.svg: this run has no figures for it`);
    }
  }
}

function writeIfChanged(file: string, text: string): void {
  const same = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!same) writeFileSync(file, text);
  process.stdout.write(`${same ? 'unchanged' : 'written'}  ${shown(file)}\n`);
}

function shown(file: string): string {
  const inside = relative(process.cwd(), file);
  return inside.startsWith('..') ? file : inside;
}

function say(line: string): void {
  process.stderr.write(`bench:plot: ${line}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main(process.argv.slice(2));
