/** The ratios of a run that have a goal; the goals are in `bench/cases`, the values in the JSON. */
import type { Ratio } from '../harness/case.ts';
import type { Report } from '../harness/report.ts';
import { ratioName } from '../harness/stats.ts';
import { labelOf, shapeOf, thingOf } from './rows.ts';

export type Goal = NonNullable<Ratio['goal']>;

export interface Judged {
  readonly name: string;
  /** For people: "round trip: Unix socket / native, await". */
  readonly label: string;
  readonly value: number;
  readonly goal: Goal;
}

export function judgedRatios(report: Report, ratios: readonly Ratio[]): Judged[] {
  return ratios.flatMap((ratio) => {
    const name = ratioName(ratio);
    const value = report.ratios[name];
    return ratio.goal && value !== undefined ? [{ name, label: labelOfRatio(ratio), value, goal: ratio.goal }] : [];
  });
}

export function isMet(value: number, goal: Goal): boolean {
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** 2 is twice as good as asked, 0.5 half as good. */
export function marginOf(value: number, goal: Goal): number {
  return 'atMost' in goal ? goal.atMost / value : value / goal.atLeast;
}

const FAMILIES: Readonly<Record<string, string>> = { rtt: 'round trip', stream: 'stream' };

const FIGURES: Readonly<Record<string, string>> = {
  cpuNsPerMessage: 'CPU time',
  controllerCpuNs: "controller's CPU time",
};

function labelOfRatio({ of, over, by }: Ratio): string {
  const [family = '', way = '', library = ''] = of.split('.');
  if (family === 'codec') return `${way}: ${thingOf(library)} / ${thingOf(over.split('.')[2] ?? over)}`;
  const shape = shapeOf(of);
  if (shape) return `stream, ${shape.slots} slots of ${shape.entryBytes} B: ${thingOf(way)} / C++ to C++`;
  if (by) return `${of} / ${over}: ${FIGURES[by] ?? by}`;
  if (!(family in FAMILIES)) return `${of} / ${over}`;
  return `${FAMILIES[family]}: ${labelOf(of)} / ${labelOf(over)}`.replaceAll(' request()', '');
}
