/** `npm run bench:plot`: the plots and tables of docs/performance.md and the table of README.md, from the JSON of a run. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ALL_RATIOS } from './cases/index.ts';
import { UsageError } from './harness/arguments.ts';
import { ROOT } from './harness/paths.ts';
import type { Report } from './harness/report.ts';
import { ALL_PLOTS } from './plot/all.ts';
import { readReport } from './plot/input.ts';
import { fillPage } from './plot/page.ts';
import { readmeSection } from './plot/readme.ts';
import { toSvg } from './plot/svg.ts';
import { absentSection, machineSection, ROW_FAMILIES, ratiosSection, rowsSection } from './plot/tables.ts';

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
    const svgs = drawAll(report);
    const page = `${out}.md`;
    // The page first, in memory: what is wrong with it is found before a file has changed.
    const text = existsSync(page) ? pageText(page, report, svgs, basename(out)) : undefined;
    const front = readme === undefined ? undefined : filled(readme, new Map([['readme', readmeSection(report)]]));
    write(out, svgs);
    if (text === undefined) say(`there is no ${shown(page)}: no tables written`);
    else writeIfChanged(page, text);
    if (readme !== undefined) writeIfChanged(readme, front!);
    return 0;
  } catch (error) {
    say((error as Error).message);
    return error instanceof UsageError ? 2 : 1;
  }
}

function parseArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        json: { type: 'string' },
        out: { type: 'string' },
        readme: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { json = join(ROOT, 'docs/performance/bench.json'), out = join(ROOT, 'docs/performance'), help } = values;
    // Plots of another run are no reason to change the README of this one.
    const { readme = values.out === undefined ? join(ROOT, 'README.md') : undefined } = values;
    if (json === '' || out === '' || readme === '') throw new Error('--json, --out and --readme need a path');
    return { json: resolve(json), out: resolve(out), readme: readme && resolve(readme), help };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

type Svgs = ReadonlyMap<string, { readonly svg: string } | { readonly missing: string }>;

function drawAll(report: Report): Svgs {
  return new Map(
    ALL_PLOTS.map((plot) => {
      const drawing = plot.draw(report, ALL_RATIOS);
      return [plot.name, 'missing' in drawing ? drawing : { svg: toSvg(drawing, report.machine) }];
    }),
  );
}

function pageText(page: string, report: Report, svgs: Svgs, directory: string): string {
  const plots = ALL_PLOTS.map(({ name, alt }): [string, string] => {
    const drawn = svgs.get(name)!;
    const text = 'svg' in drawn ? `![${alt}](${directory}/${name}.svg)` : `No plot: this run has ${drawn.missing}.`;
    return [`plot.${name}`, text];
  });
  const rows = ROW_FAMILIES.map((family): [string, string] => [`rows.${family}`, rowsSection(report, family)]);
  const sections = new Map([
    ['machine', machineSection(report)],
    ['ratios', ratiosSection(report, ALL_RATIOS)],
    ['absent', absentSection(report)],
    ...plots,
    ...rows,
  ]);
  return filled(page, sections);
}

function filled(file: string, sections: ReadonlyMap<string, string>): string {
  const { text, unplaced } = fillPage(readFileSync(file, 'utf8'), sections);
  if (unplaced.length > 0) say(`${shown(file)} has no markers for ${unplaced.join(', ')}`);
  return text;
}

function write(out: string, svgs: Svgs): void {
  mkdirSync(out, { recursive: true });
  for (const [name, drawn] of svgs) {
    const file = join(out, `${name}.svg`);
    if ('svg' in drawn) {
      writeIfChanged(file, drawn.svg);
    } else {
      // One of an earlier run would tell of another JSON than the page does.
      rmSync(file, { force: true });
      say(`no ${name}.svg: ${drawn.missing}`);
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
