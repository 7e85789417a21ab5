/** All pictures of docs/performance.md: which rows each draws, and how. */
import { ALL_RATIOS } from '../cases/index.ts';
import type { Ratio } from '../harness/case.ts';
import type { Report, Row } from '../harness/report.ts';
import { ratioName } from '../harness/stats.ts';
import { type Chart, linearAxis, logAxis, type Panel, rowAxis, type Series, stepAxis } from './chart.ts';
import { count, duration, goalText, isMet, marginOf, number } from './format.ts';
import { familyOf, isPositive, KINDS, type Kind, kindOf, overText, rowNamed } from './names.ts';
import { BLUE, FAINT, GREEN, INK, ORANGE, type SymbolName } from './svg.ts';
import { titleOf } from './tables.ts';

export interface Plot {
  /** The file is NAME.svg. */
  readonly name: string;
  /** What it shows, for who cannot see it. */
  readonly alt: string;
  readonly title: string;
  /** How to read it, a line or two. */
  readonly how: string;
  draw(report: Report): Chart;
}

/** All plots, in the order of the page. */
export const ALL_PLOTS: readonly Plot[] = [
  {
    name: 'ratios',
    alt: 'Each ratio of the run against its goal: right of the line it is met, left of it missed',
    title: 'Which goals are met, and by how much',
    how: 'Each bar starts at its goal: to the right, so many times better than asked; to the left, so many times short of it.\nA ratio is a cost over another, here of what is named at the left. Its value and its goal are at the right.',
    draw: drawRatios,
  },
  {
    name: 'latency',
    alt: 'p50, p99 and p999 of a request and its response: the limit, ctrl-if, and what one would use instead',
    title: 'How long a request takes until its response is there',
    how: 'A 64-byte request and its response. Logarithmic: one line of the grid is 10 times the one before it. Left is faster.\nAt the right: the p50, and how many times the limit that is. The dashed line is the limit.',
    draw: drawLatency,
  },
  {
    name: 'throughput',
    alt: 'Messages a second against the batch and against the size of an entry, beside the limit of the same ring',
    title: 'How many messages a second a larger ring moves',
    how: 'Millions of messages a second, both ends spinning, every slot in use. Higher is faster. At the points: time of a message\nas a multiple of the limit, which is C++ on both ends of the same ring.',
    draw: (report) => {
      const panel = (heading: string, rows: RegExp, x: string) => {
        const millions = (value: number) => String(value / 1e6);
        const curves = curvesOf(report, rows, 'perSecond', (row) => overText(report, row));
        const y = linearAxis('million messages/s', valuesOf(curves, 'y'), millions);
        return { heading, x: stepAxis(x, valuesOf(curves, 'x'), String), y, curves };
      };
      return linePanels([
        panel('By batch size (256 slots of 64 bytes)', /^wide\.\w+\.batch/, 'messages published at once'),
        panel('By entry size (256 slots, batches of 64)', /^wide\.\w+\.256x/, 'bytes of an entry'),
      ]);
    },
  },
  {
    name: 'warmup',
    alt: 'Time of one request against how many went before it, in two fresh processes',
    title: 'What the first requests of two fresh processes cost',
    how: 'await request(), one at a time. Each point is the mean of the requests since the point before it. Lower is better.\nOne line of the grid is 10 times the one before it, both ways.',
    draw: (report) => {
      const curves = curvesOf(report, /^warmup\./, 'p50');
      const settled = rowNamed(report, 'rtt.await.native')?.p50;
      const level = { value: settled, label: 'rtt.await.native, after its warm-up', labelAt: 'start' } as const;
      const heading = 'Time of a request, median of fresh processes';
      return linePanels([logPanel(heading, ['requests so far', count], 'time until the response', curves, level)]);
    },
  },
  {
    name: 'wakeup',
    alt: 'p50 latency and CPU time of a request against the silence before it: ctrl-if, a Unix socket and process.send',
    title: 'What a request costs after a silence',
    how: 'ctrl-if (await request(), native) and two rivals, both sides on a core each or on one. Lower is better.\nOne line of the grid is 10 times the one before it, both ways.',
    draw: (report) => drawPaused(report, /^wakeup\./),
  },
  {
    name: 'gap',
    alt: 'p50 latency and CPU time of a request against the pause before it, by idle strategy',
    title: 'What a request costs after a pause',
    how: 'await request(), native, one at a time. Lower is better. One line of the grid is 10 times the one before it, both ways.\nAfter a long enough pause both sides sleep, and the request pays for waking them.',
    draw: (report) => {
      const chart = drawPaused(report, /^gap\./);
      // As much CPU time as the pause is long.
      const pauses = chart.panels[1]!.series.flatMap(({ points }) => points).map(({ x }) => x);
      const points = [Math.min(...pauses), Math.max(...pauses)].map((pause) => ({ x: pause, y: pause }));
      const busy = { name: 'a core that is always busy', color: FAINT, dash: '2 3', points };
      const [latency, cpu] = chart.panels as [Panel, Panel];
      return pauses.length < 2 ? chart : { ...chart, panels: [latency, { ...cpu, series: [...cpu.series, busy] }] };
    },
  },
  {
    name: 'codec',
    alt: 'Time and allocated bytes of encoding and decoding one message: ctrl-if beside three libraries',
    title: 'What one message costs to encode and to decode',
    how: 'Median of the messages of the 2005 header, header and payload. Shorter is better. binary-parser has no encoder.',
    draw: drawCodec,
  },
];

/** A pause of 10 ms comes to a little more: no reason for a scale ten times as long. */
const SLACK = 0.1;
/** With a symbol of its own for each line, colour is not all that tells them apart. */
const LOOKS: readonly { color: string; symbol: SymbolName }[] = [
  { color: BLUE, symbol: 'circle' },
  { color: ORANGE, symbol: 'square' },
  { color: GREEN, symbol: 'up' },
  { color: '#8447b8', symbol: 'diamond' },
  { color: '#8a6d00', symbol: 'plus' },
  { color: '#b3245b', symbol: 'down' },
];
const LIMIT_LOOK = { color: INK, symbol: 'ring', dash: '6 4' } as const;

interface Curve extends Pick<Series, 'points'> {
  readonly name: string;
  readonly isLimit: boolean;
}

/** The rows whose names match, as a curve for each label; `beside` is said at the points. */
function curvesOf(
  report: Report,
  names: RegExp,
  figure: 'p50' | 'perSecond' | 'cpuNsPerMessage',
  beside?: (row: Row) => string | undefined,
): Curve[] {
  const rows = report.rows.filter((row) => names.test(row.case) && isPositive(row.at) && isPositive(row[figure]));
  return [...new Set(rows.map(({ label }) => label ?? ''))].map((name) => {
    const own = rows.filter(({ label = '' }) => label === name).toSorted((a, b) => a.at! - b.at!);
    const points = own.map((row) => ({ x: row.at!, y: row[figure]!, label: beside?.(row) }));
    return { name, isLimit: kindOf(own[0]!) === 'limit', points };
  });
}

type LinePanel = Omit<Panel, 'series'> & { readonly curves: readonly Curve[] };

/** Two panels beside each other, or one that takes all of the width; the same line has the same look in both. */
function linePanels(panels: readonly LinePanel[]): Chart {
  const all = panels.flatMap(({ curves }) => curves);
  const names = [...new Set(all.filter(({ isLimit }) => !isLimit).map(({ name }) => name))];
  const lookOf = ({ name, isLimit }: Curve) => (isLimit ? LIMIT_LOOK : LOOKS[names.indexOf(name) % LOOKS.length]!);
  return {
    left: 88,
    width: panels.length === 1 ? 760 : 330,
    gap: 100,
    height: 270,
    panels: panels.map(({ curves, ...panel }) => ({
      ...panel,
      series: curves.map((curve) => ({ ...lookOf(curve), name: curve.name, points: curve.points, width: 2 })),
    })),
  };
}

const valuesOf = (curves: readonly Curve[], axis: 'x' | 'y') =>
  curves.flatMap(({ points }) => points.map((point) => point[axis]));

function logPanel(
  heading: string,
  [xName, xText]: readonly [string, (value: number) => string],
  yName: string,
  curves: readonly Curve[],
  level?: Panel['level'],
): LinePanel {
  const ys = [...valuesOf(curves, 'y'), ...(isPositive(level?.value) ? [level.value] : [])];
  const x = logAxis(xName, valuesOf(curves, 'x'), xText, SLACK);
  return { heading, x, y: logAxis(yName, ys, duration, SLACK), curves, level };
}

/** Latency and CPU time of a request against the pause before it. */
function drawPaused(report: Report, names: RegExp): Chart {
  const x = ['pause before the request', duration] as const;
  const limit = rowNamed(report, 'rtt.limit')?.p50;
  const level = { value: limit, label: 'the limit, without a pause', labelAt: 'end' } as const;
  const [latency, cpu] = [curvesOf(report, names, 'p50'), curvesOf(report, names, 'cpuNsPerMessage')];
  return linePanels([
    logPanel('Latency, p50', x, 'time until the response', latency, level),
    logPanel('CPU time of both processes', x, 'CPU time a request', cpu),
  ]);
}

const HEADS: Readonly<Record<Kind, string>> = { limit: 'The limit', ours: 'ctrl-if', rival: 'Instead of ctrl-if' };
const COLORS: Readonly<Record<Kind, string>> = { limit: INK, ours: BLUE, rival: ORANGE };
const PERCENTILES = [
  { key: 'p50', name: 'p50, half are faster', symbol: 'circle', size: 13 },
  { key: 'p99', name: 'p99', symbol: 'diamond', size: 11 },
  { key: 'p999', name: 'p999, one in a thousand is slower', symbol: 'tick', size: 12 },
] as const;

function drawLatency(report: Report): Chart {
  const rows = familyOf(report, 'rtt').filter(({ p50 }) => isPositive(p50));
  // A heading stands in the same column as the rows that it heads.
  const lines: (Row | Kind)[] = KINDS.flatMap((kind) => {
    const members = rows.filter((row) => kindOf(row) === kind);
    return members.length > 0 ? [kind, ...members] : [];
  });
  const placed = rows.map((row) => ({ row, y: lines.indexOf(row), color: COLORS[kindOf(row)] }));
  const timesOf = (row: Row) => PERCENTILES.map(({ key }) => row[key]).filter(isPositive);
  const beside = (row: Row) => [duration(row.p50!), overText(report, row)].filter(Boolean).join(', ');
  // From its p50 to the last percentile that it has.
  const spans = placed.map(({ row, y, color }): Series => {
    return { color, width: 2, opacity: 0.45, points: [row.p50!, timesOf(row).at(-1)!].map((x) => ({ x, y })) };
  });
  const symbols = PERCENTILES.flatMap(({ key, name, ...look }): Series[] => [
    // In the legend they have no kind.
    { ...look, name, color: FAINT, points: [] },
    ...placed.map(({ row, y, color }) => ({
      ...look,
      color,
      points: isPositive(row[key]) ? [{ x: row[key], y }] : [],
    })),
  ]);
  const panel = {
    x: logAxis('time of a round trip', rows.flatMap(timesOf), duration),
    y: rowAxis(
      lines.map((line) =>
        typeof line === 'string'
          ? { text: HEADS[line], bold: true }
          : { text: line.label ?? line.case, beside: beside(line) },
      ),
    ),
    rule: { value: rowNamed(report, 'rtt.limit')?.p50, dash: '4 3' },
    series: [...spans, ...symbols],
  };
  return { left: 250, width: 460, height: lines.length * 26, panels: [panel] };
}

/** Goals are set for two cores. */
function drawRatios(report: Report): Chart {
  const judged = ALL_RATIOS.flatMap((ratio) => {
    const value = report.machine.cores > 1 ? report.ratios[ratioName(ratio)] : undefined;
    return ratio.goal && isPositive(value) ? [{ ratio, value, goal: ratio.goal }] : [];
  });
  const margins = judged.map(({ value, goal }) => marginOf(value, goal));
  const panel = {
    x: logAxis('logarithmic: one line of the grid is 10 times the one before it', [...margins, 0.5, 2], marginText),
    y: rowAxis(
      judged.map(({ ratio, value, goal }) => ({
        text: labelOf(ratio),
        beside: `${number(value)} (goal ${goalText(goal)})`,
      })),
    ),
    rule: { value: 1 },
    series: judged.map(({ value, goal }, y) => ({
      ...(isMet(value, goal) ? { name: 'goal met', color: GREEN } : { name: 'goal missed', color: ORANGE }),
      width: 14,
      points: [1, margins[y]!].map((x) => ({ x, y })),
    })),
  };
  return { left: 360, width: 370, height: judged.length * 27, panels: [panel] };
}

/** With the title of the figure that is compared in place of the cost. */
function labelOf({ of, over, by, label = `${of} / ${over}` }: Ratio): string {
  return by ? `${label}: ${titleOf(by)}` : label;
}

function marginText(margin: number): string {
  if (margin === 1) return 'the goal';
  return margin > 1 ? `${number(margin)} x better` : `${number(1 / margin)} x short`;
}

const WAYS = [
  { way: 'encode', color: BLUE, above: -0.16 },
  { way: 'decode', color: GREEN, above: 0.16 },
];

function drawCodec(report: Report): Chart {
  const rows = report.rows.filter(({ case: name, p50 }) => /^codec\.\w+\.\w+$/.test(name) && isPositive(p50));
  const libraries = [...new Set(rows.map(({ label }) => label!))];
  const panel = (heading: string, pick: (row: Row) => number | undefined, text: (value: number) => string) => {
    const bars = WAYS.flatMap(({ way, color, above }) =>
      libraries.flatMap((library, i): Series[] => {
        const row = rows.find(({ case: name, label }) => label === library && name.startsWith(`codec.${way}.`));
        const value = row && pick(row);
        if (value === undefined) return [];
        const end = { x: value, y: i + above, label: text(value), labelAt: 'right' } as const;
        return [{ name: way, color, width: 15, points: [{ x: 0, y: end.y }, end] }];
      }),
    );
    const most = bars.map(({ points }) => points[1]!.x);
    const y = rowAxis(libraries.map((library) => ({ text: library })));
    return { heading, x: linearAxis('', most), y, series: bars };
  };
  const time = panel('time a message', ({ p50 }) => p50, duration);
  const bytes = panel(
    'bytes allocated a message',
    ({ more }) => more?.bytesPerMessage,
    (value) => `${number(value)} B`,
  );
  return { left: 130, width: 250, gap: 160, height: libraries.length * 54, panels: [time, bytes] };
}
