/** Reads the JSON of a run, and refuses what is not one before anything is drawn. */
import { readFileSync } from 'node:fs';
import type { Report } from '../harness/report.ts';

/** The file is at fault; told without a stack, exit code 1. */
export class InputError extends Error {}

export function readReport(file: string): Report {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const advice = `measure first: npm run bench -- --json ${file}`;
    throw new InputError(`${(error as Error).message}\n${advice}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const fault = faultOf(value);
  if (fault) throw new InputError(`${file} is not what \`npm run bench -- --json\` writes: ${fault}`);
  return value as Report;
}

/** Everything that is read below without another look; a figure is a number or null, and what is more is let be. */
function faultOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'it is no object';
  const { machine, rows, ratios, absent } = value;
  if (!isObject(machine)) return 'it has no machine';
  for (const name of ['date', 'cpu', 'os', 'arch']) {
    if (typeof machine[name] !== 'string') return `machine.${name} is no string`;
  }
  for (const name of ['cores', 'rounds']) {
    if (typeof machine[name] !== 'number') return `machine.${name} is no number`;
  }
  if (!isObject(machine.versions)) return 'machine has no versions';
  if (machine.others !== undefined && !isOthers(machine.others)) return 'machine.others is no object of its figures';
  if (!Array.isArray(rows)) return 'it has no rows';
  for (const [i, row] of rows.entries()) {
    if (!isObject(row) || typeof row.case !== 'string') return `rows[${i}] has no case`;
    for (const name of ['p50', 'p99', 'p999', 'perSecond', 'cpuNsPerMessage', 'syscallsPerMessage']) {
      if (!isFigure(row[name])) return `rows[${i}] (${row.case}): ${name} is neither a number >= 0 nor null`;
    }
    const { more = {} } = row;
    if (!isObject(more) || !Object.values(more).every((figure) => figure === null || typeof figure === 'number')) {
      return `rows[${i}] (${row.case}): more is no object of numbers`;
    }
    const { disturbed } = row;
    if (disturbed !== undefined && !(isObject(disturbed) && isFigure(disturbed.rounds) && isFigure(disturbed.of))) {
      return `rows[${i}] (${row.case}): disturbed does not say how many rounds of how many`;
    }
  }
  if (!isObject(ratios) || !Object.values(ratios).every((ratio) => typeof ratio === 'number')) {
    return 'ratios is no object of numbers';
  }
  const isAbsence = (one: unknown) => isObject(one) && typeof one.case === 'string' && typeof one.why === 'string';
  if (!Array.isArray(absent) || !absent.every(isAbsence)) return 'absent is no list of cases and reasons';
  return undefined;
}

const OTHERS = ['foreign', 'stolen', 'waitedSeconds', 'trials', 'repeated', 'disturbed'];

function isOthers(value: unknown): boolean {
  return isObject(value) && typeof value.calmBefore === 'boolean' && OTHERS.every((name) => isFigure(value[name]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFigure(value: unknown): boolean {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}
