import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { BenchCase } from './case.ts';

export const USAGE = `usage: npm run bench -- [--quick] [--only NAME]... [--json FILE]

  --quick      3 rounds instead of 12, each shorter: about a minute instead of eleven, and rougher
  --only NAME  this case, or all whose names begin with NAME (rtt, stream.sync, ...); may be given again
  --json FILE  writes machine, rows and ratios there, what docs/performance.md shows; a full run then first waits, up to 5 minutes, for a calm machine
  --help       this, and the cases
`;

/** What the command line is at fault for; told without a stack, exit code 2. */
export class UsageError extends Error {}

/** @throws UsageError with the usage, for options that there are not */
export function parseOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T,
  usage: string,
) {
  try {
    const help = { type: 'boolean', short: 'h', default: false } as const;
    return parseArgs({ args: [...argv], options: { ...options, help } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

export function parseArguments(argv: readonly string[]) {
  const options = {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
  } as const;
  return parseOptions(argv, options, USAGE);
}

/** The cases whose names are one of `only` or begin with it and a dot; all when there is none. */
export function selectCases(all: readonly BenchCase[], only: readonly string[]): BenchCase[] {
  const matches = ({ name }: BenchCase, wanted: string) => name === wanted || name.startsWith(`${wanted}.`);
  for (const wanted of only) {
    if (!all.some((bench) => matches(bench, wanted))) {
      throw new UsageError(`there is no case called ${JSON.stringify(wanted)}; there are:\n${listing(all)}`);
    }
  }
  return only.length === 0 ? [...all] : all.filter((bench) => only.some((wanted) => matches(bench, wanted)));
}

export function listing(cases: readonly BenchCase[]): string {
  const width = Math.max(...cases.map(({ name }) => name.length));
  return cases.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n');
}
