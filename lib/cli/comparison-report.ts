import { bestFigure, CONTESTANTS, type Comparison, type ContestantName, type Figure } from './compare.ts';
import type { HostLoad } from './host-load.ts';
import { paint, wrapped } from './output.ts';
import type { Placement } from './placement.ts';

export const NAMES: Record<ContestantName, string> = {
  native: 'native',
  file: 'pure JS',
  unixSocket: 'Unix socket',
  processSend: 'process.send',
};
const RIVALS = ['unixSocket', 'processSend'] as const;
const NAME_WIDTH = Math.max(...Object.values(NAMES).map(({ length }) => length));

const PLACES: Record<Placement, string> = {
  apart: 'on two processors',
  together: 'on one processor',
  free: 'where the system put them',
};
/** The names of the slower placement, in brackets after the faster one. */
const OTHERWISE: Record<Placement, string> = { ...PLACES, apart: 'on two', together: 'on one' };

/** No ratio is given when other processes or the hypervisor use more than these shares of the two processors. */
const MOST_OTHERS = 0.15;
const MOST_STOLEN = 0.05;
/** No ratio is given when a contestant's spread is more than this. */
const MOST_SPREAD = 1.5;
/** No ratio is given when more than this share of the requests had to wake the peer. */
const MOST_WOKEN = 0.1;

/** @param whyOne the reason why an engine is missing */
export function comparisonLines(comparison: Comparison, whyOne: string): string[] {
  const ours = oursIn(comparison);
  const reasons = reasonsForNoRatio(comparison);
  const shown = CONTESTANTS.flatMap((name) => {
    const found = bestFigure(comparison, name);
    if (!found) return [];
    const ratio =
      name === ours || reasons.length > 0 ? '' : timesAsLong(found.best.microseconds / ourTime(comparison)!);
    return [{ name, ratio, ...found }];
  });
  const width = Math.max(...shown.map(({ ratio }) => ratio.length));
  const missing = (['native', 'file'] as const).filter((name) => !bestFigure(comparison, name));
  return [
    'Round trip of one small message and its answer:',
    ...shown.map(({ name, ratio, best, others }) => {
      const time = `${microseconds(best.microseconds)} µs`;
      const factor = width > 0 ? `${paint('bold', ratio.padEnd(width))}  ` : '';
      return `  ${NAMES[name].padEnd(NAME_WIDTH)}  ${time.padStart(8)}  ${factor}${placeOf(best, others)}`;
    }),
    ...missing.flatMap((name) => wrapped(`${NAMES[name]} is not compared: ${whyOne}`, 2)),
    ...wrapped(footnote(comparison)),
    ...wrapped(verdict(comparison, reasons)).map((line) => paint(reasons.length > 0 ? 'yellow' : 'green', line)),
  ];
}

function placeOf({ placement }: Figure, others: readonly Figure[]): string {
  const slower = others.map((other) => `${microseconds(other.microseconds)} µs ${OTHERWISE[other.placement]}`);
  return `${PLACES[placement]}${slower.length > 0 ? ` (${slower.join(', ')})` : ''}`;
}

function footnote(comparison: Comparison): string {
  const { figures, placing } = comparison;
  const condition = conditionOf(wokenOf(comparison));
  const taken = `${condition[0]!.toUpperCase()}${condition.slice(1)}. Medians of ${figures[0]?.rounds.length ?? 0} rounds`;
  if (placing.why === undefined) return `${taken}; the better of two placements counts.`;
  return `${taken}; the processes could not be placed: ${placing.why}.`;
}

function verdict(comparison: Comparison, reasons: readonly string[]): string {
  if (reasons.length > 0) {
    const what = isBusy(comparison) ? 'The machine is busy' : 'The two sides did not stay awake';
    return `${what}, so these figures give no ratio: ${reasons.join('; ')}.`;
  }
  const ours = oursIn(comparison);
  const ratios = RIVALS.flatMap((name) => {
    const found = bestFigure(comparison, name);
    if (!found) return [];
    return `${times(found.best.microseconds / ourTime(comparison)!)} than ${name === 'unixSocket' ? 'a ' : ''}${NAMES[name]}`;
  });
  return `${NAMES[ours]} is ${ratios.join(' and ')}.`;
}

/** The engine with which the rivals are compared. */
function oursIn(comparison: Comparison): 'native' | 'file' {
  return bestFigure(comparison, 'native') ? 'native' : 'file';
}

function wokenOf(comparison: Comparison): number {
  return bestFigure(comparison, oursIn(comparison))?.best.woken ?? 0;
}

function ourTime(comparison: Comparison): number | undefined {
  return bestFigure(comparison, oursIn(comparison))?.best.microseconds;
}

/** The condition of our figures. Requests with pauses between them take longer. */
export function conditionOf(woken = 0): string {
  const awake = woken <= MOST_WOKEN ? 'both sides awake' : `the peer asleep before ${percent(woken)} of the requests`;
  return `back to back, one at a time, ${awake}, adaptive idle strategy`;
}

/** The reasons against a ratio of the figures; empty when a ratio is meaningful. */
export function reasonsForNoRatio(comparison: Comparison): string[] {
  return [...reasonsForBusy(comparison), ...reasonsForAsleep(comparison)];
}

export function isBusy(comparison: Comparison): boolean {
  return reasonsForBusy(comparison).length > 0;
}

function reasonsForBusy(comparison: Comparison): string[] {
  const { load, placing } = comparison;
  const { others = 0, stolen = 0 } = load.during ?? {};
  const processors =
    placing.why === undefined
      ? `processors ${placing.processors.toSorted((a, b) => a - b).join(' and ')}`
      : 'the processors needed';
  const spreads = CONTESTANTS.flatMap((name) => {
    const spread = bestFigure(comparison, name)?.best.spread ?? 1;
    return spread > MOST_SPREAD ? `the rounds of ${NAMES[name]} differ ${spread.toFixed(1)} times` : [];
  });
  return [
    ...(others > MOST_OTHERS ? [`other processes took ${percent(others)} of ${processors}`] : []),
    ...(stolen > MOST_STOLEN ? [`the hypervisor took ${percent(stolen)} of ${processors}`] : []),
    ...spreads,
  ];
}

/** On a single processor neither side can poll, so waking is part of every round trip and no reason. */
function reasonsForAsleep(comparison: Comparison): string[] {
  const ours = oursIn(comparison);
  const woken = wokenOf(comparison);
  if (woken <= MOST_WOKEN || comparison.placing.processors.length === 1) return [];
  return [`${percent(woken)} of the requests of ${NAMES[ours]} had to wake the other process`];
}

function timesAsLong(ratio: number): string {
  return ratio >= 1 ? `${digits(ratio)} × as long` : `1/${digits(1 / ratio)} as long`;
}

function times(ratio: number): string {
  return ratio >= 1 ? `${digits(ratio)} × faster` : `${digits(1 / ratio)} × slower`;
}

const digits = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** One run is not exact enough for more than two significant digits. */
export function microseconds(value: number): string {
  return value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0);
}

/**
 * The figures that count, then all figures with their placements. `ratio` compares the two engines, `ratios` each rival
 * with our engine. Both are null when there are `reasons` against a ratio.
 */
export function comparisonToJSON(comparison: Comparison, whyOne: string): object {
  const { figures, placing, load } = comparison;
  const best = (name: ContestantName) => bestFigure(comparison, name)?.best.microseconds;
  const [native, file, ours] = [best('native'), best('file'), ourTime(comparison)];
  const both = native !== undefined && file !== undefined;
  const reasons = reasonsForNoRatio(comparison);
  const ratio = (longer: number | undefined, shorter: number | undefined) =>
    rounded(reasons.length > 0 || !longer || !shorter ? undefined : longer / shorter);
  return {
    ...Object.fromEntries(CONTESTANTS.map((name) => [`${name}Microseconds`, rounded(best(name))])),
    ratio: ratio(file, native),
    ratios: Object.fromEntries(RIVALS.map((name) => [name, ratio(best(name), ours)])),
    condition: conditionOf(wokenOf(comparison)),
    rounds: figures[0]?.rounds.length ?? 0,
    busy: isBusy(comparison),
    reasons,
    processors: placing.processors,
    ...(placing.why !== undefined && { whyNotPlaced: placing.why }),
    load: { before: roundedLoad(load.before), during: roundedLoad(load.during) },
    figures: figures.map((figure) => ({
      name: figure.name,
      placement: figure.placement,
      counts: bestFigure(comparison, figure.name)?.best === figure,
      microseconds: rounded(figure.microseconds),
      spread: rounded(figure.spread),
      rounds: figure.rounds.map(rounded),
      ...(figure.woken !== undefined && { woken: rounded(figure.woken) }),
    })),
    ...(!both && { why: whyOne }),
  };
}

function roundedLoad(load: HostLoad | undefined): object | null {
  return load ? { others: rounded(load.others), stolen: rounded(load.stolen) } : null;
}

export function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 100) / 100;
}
