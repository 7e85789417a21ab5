/** `npm run bench`: measures the limit of the machine, ctrl-if, and what one would use instead, in one run. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ALL_CASES, ALL_RATIOS } from './cases/index.ts';
import { listing, parseArguments, selectCases, USAGE, UsageError } from './harness/arguments.ts';
import { choosePinning } from './harness/cpus.ts';
import { Progress } from './harness/progress.ts';
import { reportToJSON } from './harness/report.ts';
import { run } from './harness/run.ts';
import { reportText } from './plot/tables.ts';

/** Resolves with the exit code: 0, 1 when something failed while measuring, 2 when the command line is at fault. */
export async function main(argv: readonly string[]): Promise<number> {
  const progress = new Progress(process.stderr);
  try {
    const { quick, help, json, only = [] } = parseArguments(argv);
    if (help) {
      process.stdout.write(`${USAGE}\n${listing(ALL_CASES)}\n`);
      return 0;
    }
    const cases = selectCases(ALL_CASES, only);
    if (json) ensureWritable(json);
    const pinning = choosePinning();
    const say = (line: string) => progress.say(line);
    // Figures that are kept are to be quoted.
    const waitForCalm = json !== undefined && !quick;
    const report = await run({ quick, cases, ratios: ALL_RATIOS, pinning, waitForCalm, progress: say });
    progress.end();
    if (json) writeFileSync(json, reportToJSON(report));
    process.stdout.write(reportText(report));
    return 0;
  } catch (error) {
    progress.end();
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Before minutes of measuring, not after. */
function ensureWritable(file: string): void {
  const directory = dirname(resolve(file));
  try {
    accessSync(directory, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`--json ${file}: cannot write in ${directory}: ${(cause as Error).message}`, { cause });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main(process.argv.slice(2));
