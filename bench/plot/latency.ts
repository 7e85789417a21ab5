/** Percentiles of each round trip, on one scale. */
import type { CustomSeriesRenderItem, ScatterSeriesOption } from 'echarts';
import type { Report, Row } from '../harness/report.ts';
import { figures, logX, names } from './axes.ts';
import { duration, times } from './format.ts';
import type { Plot } from './plot.ts';
import { familyOf, isPositive, KINDS, type Kind, kindOf, labelOf, overLimit, rowNamed } from './rows.ts';
import { BOTTOM, COLORS, FAINT, TOP } from './svg.ts';

const HEADS: Readonly<Record<Kind, string>> = { limit: 'The limit', ours: 'ctrl-if', rival: 'Instead of ctrl-if' };
/** Upright, and in the legend too: a rectangle would fill its place there. */
const BAR = 'path://M0,0h3v15h-3z';
const PERCENTILES = [
  { key: 'p50', name: 'p50, half are faster', symbol: 'circle', size: 13 },
  { key: 'p99', name: 'p99', symbol: 'diamond', size: 12 },
  { key: 'p999', name: 'p999, one in a thousand is slower', symbol: BAR, size: [3, 15] },
] as const;
const LINE_HEIGHT = 26;
/** Room for the longest label. */
const LEFT = 250;

export const latency: Plot = {
  name: 'latency',
  alt: 'p50, p99 and p999 of a request and its response: the limit, ctrl-if, and what one would use instead',
  draw(report) {
    const rows = familyOf(report, 'rtt').filter(({ p50 }) => isPositive(p50));
    if (rows.length === 0) return { missing: 'no rtt row has a p50' };
    const limit = rowNamed(report, 'rtt.limit')?.p50;
    /** A heading stands in the same column as the rows that it heads. */
    const lines: (Row | Kind)[] = KINDS.flatMap((kind) => {
      const members = rows.filter((row) => kindOf(row.case) === kind);
      return members.length > 0 ? [kind, ...members] : [];
    });
    const all = rows.flatMap((row) => PERCENTILES.map(({ key }) => row[key]).filter(isPositive));
    const labels = lines.map((line) => (typeof line === 'string' ? HEADS[line] : labelOf(line.case)));

    return {
      title: 'How long a request takes until its response is there',
      how: 'A 64-byte request and its response. Logarithmic: one line of the grid is 10 times the one before it. Left is faster.\nAt the right: the p50, and how many times the limit that is. The dashed line is the limit.',
      height: TOP + 24 + lines.length * LINE_HEIGHT + BOTTOM,
      option: {
        legend: { top: 76, left: LEFT, itemGap: 24, itemWidth: 13, textStyle: { fontSize: 12 }, selectedMode: false },
        grid: { left: LEFT, right: 170, top: TOP + 24, bottom: BOTTOM },
        xAxis: logX('time of a round trip', all, duration),
        yAxis: [
          names(labels, (label) => Object.values(HEADS).includes(label)),
          figures(lines.map((line) => (typeof line === 'string' ? '' : besideOf(report, line)))),
        ],
        series: [
          {
            type: 'custom',
            silent: true,
            renderItem: drawSpan,
            data: lines.flatMap((line, i) => (typeof line === 'string' ? [] : [spanOf(line, i)])),
          },
          ...PERCENTILES.map(
            ({ key, name, symbol, size }): ScatterSeriesOption => ({
              type: 'scatter',
              name,
              symbol,
              symbolSize: typeof size === 'number' ? size : [...size],
              silent: true,
              z: 3,
              // The legend's colour; each point has that of its kind.
              itemStyle: { color: FAINT, opacity: 1 },
              data: lines.flatMap((line, i) => {
                if (typeof line === 'string' || !isPositive(line[key])) return [];
                return [{ value: [line[key], i], itemStyle: { color: COLORS[kindOf(line.case)] } }];
              }),
              ...(key === 'p50' && isPositive(limit) ? { markLine: limitLine(limit) } : {}),
            }),
          ),
        ],
      },
    };
  },
};

function besideOf(report: Report, row: Row): string {
  const ratio = overLimit(report, row, 'rtt.limit');
  return ratio === undefined ? duration(row.p50!) : `${duration(row.p50!)}, ${times(ratio)}`;
}

function limitLine(limit: number): NonNullable<ScatterSeriesOption['markLine']> {
  return {
    silent: true,
    symbol: 'none',
    animation: false,
    lineStyle: { color: COLORS.limit, type: 'dashed', width: 1 },
    label: { show: false },
    data: [{ xAxis: limit }],
  };
}

/** From its p50 to the last percentile that it has. */
function spanOf(row: Row, at: number) {
  const last = [row.p999, row.p99, row.p50].find(isPositive)!;
  return { value: [row.p50!, at, last], itemStyle: { color: COLORS[kindOf(row.case)] } };
}

const drawSpan: CustomSeriesRenderItem = (_params, api) => {
  const at = api.value(1);
  const [x1, y1] = api.coord([api.value(0), at]) as [number, number];
  const [x2, y2] = api.coord([api.value(2), at]) as [number, number];
  const stroke = api.visual('color') as string;
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 2, opacity: 0.45 } };
};
