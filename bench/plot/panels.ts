/** Panels of lines: two beside each other, or one that takes all of the width. */
import type { EChartsOption, LineSeriesOption } from 'echarts';
import { linearY, logX, logY, steps } from './axes.ts';
import { BOTTOM, COLORS, FAINT, heading, INK, LINES, type Picture, TOP } from './svg.ts';

export interface Line {
  readonly name: string;
  /** x and y, in the order of x. */
  readonly points: readonly (readonly [number, number])[];
  /** What to write below each point. */
  readonly labels?: readonly string[];
  /** The limit is dashed and dark; what is aside is no measurement and has no points. Default: a colour of its own. */
  readonly look?: 'limit' | 'aside';
}

export interface Panel {
  readonly heading: string;
  /** `ticks`: the few values that there are, a place each. Default: a logarithmic scale. */
  readonly x: { readonly name: string; text(value: number): string; readonly ticks?: readonly number[] };
  /** From 0, or logarithmic. */
  readonly y: { readonly name: string; text(value: number): string; readonly log?: boolean };
  readonly lines: readonly Line[];
  /** A level over all of x, such as the limit's, and what it is. */
  readonly level?: { readonly name: string; readonly value: number; readonly textAt?: 'start' | 'end' };
}

/** A legend would give a line without points a point. */
const DOTS = 'path://M0,0h2v1h-2z M4,0h2v1h-2z M8,0h2v1h-2z M12,0h2v1h-2z M16,0h2v1h-2z M20,0h2v1h-2z';
/** A pause of 10 ms comes to a little more: no reason for a scale ten times as long. */
const SLACK = 0.1;
/** Lines whose names need a second line of the legend. */
const MANY = 4;
const LEGEND_LINE = 30;
/** Around text that a line may cross. */
const HALO = { textBorderColor: '#ffffff', textBorderWidth: 3 };
const LEFT = 88;
const PANEL_WIDTH = 330;
const STEP = PANEL_WIDTH + 100;
const WHOLE_WIDTH = STEP + PANEL_WIDTH;
const PANEL_HEIGHT = 270;

export function linePanels(title: string, how: string, panels: readonly [Panel] | readonly [Panel, Panel]): Picture {
  const width = panels.length === 1 ? WHOLE_WIDTH : PANEL_WIDTH;
  // The same line has the same look in both panels, and one place in the legend.
  const own = [...new Set(panels.flatMap(({ lines }) => lines.filter(({ look }) => !look).map(({ name }) => name)))];
  const manyLines = own.length > MANY;
  const headingTop = TOP + 28 + (manyLines ? LEGEND_LINE : 0);
  const top = headingTop + 32;
  const option: EChartsOption = {
    legend: {
      data: panels.flatMap(({ lines }) =>
        lines.map(({ name, look }) => (look === 'aside' ? { name, icon: DOTS } : { name })),
      ),
      top: 76,
      left: LEFT - 5,
      // The lines of a legend are as far from each other as its items.
      itemGap: manyLines ? 16 : 44,
      itemWidth: 34,
      textStyle: { fontSize: 12 },
      selectedMode: false,
    },
    grid: panels.map((_, i) => ({ left: LEFT + i * STEP, width, top, height: PANEL_HEIGHT })),
    xAxis: panels.map((panel, i) => ({ ...xAxisOf(panel), gridIndex: i })),
    yAxis: panels.map((panel, i) => ({ ...yAxisOf(panel), gridIndex: i })),
    series: panels.flatMap((panel, i) => panel.lines.map((line, k) => seriesOf(line, panel, i, own, k === 0))),
  };
  return {
    title,
    how,
    height: top + PANEL_HEIGHT + BOTTOM,
    headings: panels.map((panel, i) => heading(panel.heading, LEFT + i * STEP, headingTop)),
    option,
  };
}

function xAxisOf({ x, lines }: Panel) {
  if (x.ticks) return steps(x.name, x.ticks.map(x.text));
  const values = lines.flatMap(({ points }) => points.map(([at]) => at));
  return logX(x.name, values.length > 0 ? values : [1], x.text, SLACK);
}

function yAxisOf({ y, lines, level }: Panel) {
  const values = [...lines.flatMap(({ points }) => points.map(([, at]) => at)), ...(level ? [level.value] : [])];
  return y.log ? logY(y.name, values.length > 0 ? values : [1], y.text, SLACK) : linearY(y.name, y.text);
}

/** `at`: which panel; one of its series carries its level. */
function seriesOf(
  line: Line,
  panel: Panel,
  at: number,
  own: readonly string[],
  carriesLevel: boolean,
): LineSeriesOption {
  const { color, symbol, type } = lookOf(line, own);
  return {
    type: 'line',
    name: line.name,
    xAxisIndex: at,
    yAxisIndex: at,
    silent: true,
    clip: false,
    symbol,
    symbolSize: 8,
    showAllSymbol: true,
    itemStyle: { color },
    lineStyle: { color, width: line.look === 'aside' ? 1 : 2, type },
    data: line.points.map(([x, y], i) => ({
      // A step is found by its text.
      value: [panel.x.ticks ? panel.x.text(x) : x, y],
      ...(line.labels
        ? { label: { show: true, position: 'bottom', formatter: line.labels[i]!, color: INK, ...HALO } }
        : {}),
    })),
    ...(carriesLevel && panel.level ? { markLine: levelLine(panel.level) } : {}),
  };
}

function lookOf({ name, look }: Line, own: readonly string[]) {
  if (look === 'limit') return { color: COLORS.limit, symbol: 'emptyCircle', type: 'dashed' } as const;
  if (look === 'aside') return { color: FAINT, symbol: 'none', type: 'dotted' } as const;
  return { ...LINES[own.indexOf(name) % LINES.length]!, type: 'solid' } as const;
}

function levelLine({
  name,
  value,
  textAt = 'end',
}: NonNullable<Panel['level']>): NonNullable<LineSeriesOption['markLine']> {
  return {
    silent: true,
    symbol: 'none',
    animation: false,
    lineStyle: { color: COLORS.limit, type: 'dashed', width: 1.5 },
    label: {
      position: textAt === 'end' ? 'insideEndTop' : 'insideStartTop',
      formatter: name,
      color: COLORS.limit,
      fontSize: 12,
    },
    data: [{ yAxis: value }],
  };
}
