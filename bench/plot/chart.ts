/** Charts: panels beside each other, each with two axes and with series of points. A bar is a series with a thick line. */
import type { Machine } from '../harness/report.ts';
import { coresOf, doubtsOf } from './doubts.ts';
import {
  FAINT,
  GRID,
  HALO,
  INK,
  type LineLook,
  line,
  picture,
  type SymbolName,
  symbol,
  text,
  turned,
  widthOf,
} from './svg.ts';

export interface Series extends Omit<LineLook, 'width'> {
  /** Of the line; default none. */
  readonly width?: number;
  /** In the legend, once for all series of that name. Without one it is not there. */
  readonly name?: string | undefined;
  /** Default: none, a line only. */
  readonly symbol?: SymbolName;
  readonly size?: number;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label?: string | undefined;
  /** Default: below the point. */
  readonly labelAt?: keyof typeof LABELS;
}

interface Tick {
  readonly value: number;
  readonly text: string;
  readonly bold?: boolean;
  /** What stands at the other end of its row. */
  readonly beside?: string;
}

export interface Axis {
  readonly name?: string;
  /** 0 to 1, from the left or from below. */
  place(value: number): number;
  readonly ticks: readonly Tick[];
  readonly hasGrid: boolean;
}

/** A line over all of a panel, where it has a value. */
interface Rule {
  readonly value: number | undefined;
  readonly dash?: string;
  readonly label?: string;
  readonly labelAt?: 'start' | 'end';
}

export interface Panel {
  readonly heading?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Across, and upright. */
  readonly level?: Rule | undefined;
  readonly rule?: Rule;
}

export interface Chart {
  readonly panels: readonly Panel[];
  readonly left: number;
  /** Of a panel, and from the end of one to the begin of the next. */
  readonly width: number;
  readonly gap?: number;
  readonly height: number;
}

const WIDTH = 880;
/** Below a panel: with and without the names of x. */
const BOTTOM = { ticks: 74, none: 42 };
const BOLD = { 'font-weight': 'bold' };
const MIDDLE = { 'text-anchor': 'middle' };
const END = { 'text-anchor': 'end' };
const LEGEND_LINE = 24;
const SAMPLE = 34;

interface Words {
  readonly title: string;
  /** How to read it, a line or two. */
  readonly how: string;
}

/** Undefined where no series has a point. */
export function toSvg(chart: Chart, { title, how }: Words, machine: Machine): string | undefined {
  const { panels, left, width, gap = 0, height } = chart;
  if (panels.every(({ series }) => series.every(({ points }) => points.length === 0))) return undefined;
  const parts = [text(16, 22, title, { 'font-size': 17, ...BOLD })];
  parts.push(...how.split('\n').map((words, i) => text(16, 45 + i * 17, words, { 'font-size': 12.5, fill: FAINT })));
  const legend = legendOf(panels, left);
  const top = legend.bottom + (panels[0]!.heading === undefined ? 10 : 42);
  parts.push(...legend.parts);
  for (const [i, panel] of panels.entries()) {
    parts.push(...drawPanel(panel, { left: left + i * (width + gap), top, width, height }));
  }
  const whole = top + height + (panels[0]!.x.ticks.length > 0 ? BOTTOM.ticks : BOTTOM.none);
  parts.push(text(16, whole - 14, footer(machine), { 'font-size': 10.5, fill: FAINT }));
  return picture(WIDTH, whole, parts);
}

/** The same series has the same look in all panels, and one place in the legend. */
function legendOf(panels: readonly Panel[], left: number) {
  const named = panels.flatMap(({ series }) => series).filter(({ name }) => name !== undefined);
  const parts: string[] = [];
  let [x, y] = [left, 87];
  for (const [name, series] of new Map(named.map((one) => [one.name!, one]))) {
    const { symbol: shape, size = 8, color, dash, width = dash ? 1 : 0 } = series;
    const sample = width > 0 ? SAMPLE : size;
    const end = x + sample + 6 + widthOf(name);
    if (x > left && end > WIDTH) [x, y] = [left, y + LEGEND_LINE];
    if (width > 0) parts.push(segment([x, y], [x + sample, y], { color, dash, width }));
    if (shape) parts.push(symbol(shape, x + sample / 2, y, size, color));
    parts.push(text(x + sample + 6, y, name, { fill: FAINT }));
    x += sample + 28 + widthOf(name);
  }
  return { parts, bottom: y + 18 };
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function drawPanel({ heading, x, y, series, level, rule }: Panel, { left, top, width, height }: Area): string[] {
  const [right, bottom] = [left + width, top + height];
  const across = (value: number) => left + x.place(value) * width;
  const up = (value: number) => bottom - y.place(value) * height;
  const parts: string[] = [];
  const upright = (at: number, look: LineLook) => parts.push(segment([at, top], [at, bottom], look));
  const flat = (at: number, look: LineLook) => parts.push(segment([left, at], [right, at], look));

  if (heading !== undefined) parts.push(text(left, top - 28, heading, { 'font-size': 13, ...BOLD }));
  if (x.hasGrid) for (const { value } of x.ticks) upright(across(value), { color: GRID });
  if (y.hasGrid) for (const { value } of y.ticks) flat(up(value), { color: GRID });
  if (x.ticks.length > 0) flat(bottom, { color: FAINT });
  if (y.hasGrid || x.ticks.length === 0) upright(left, { color: FAINT });
  for (const tick of x.ticks) parts.push(text(across(tick.value), bottom + 11, tick.text, MIDDLE));
  for (const { value, text: words, bold = false, beside } of y.ticks) {
    parts.push(text(left - 8, up(value), words, bold ? { ...END, ...BOLD } : END));
    if (beside !== undefined) parts.push(text(right + 8, up(value), beside));
  }
  if (x.name) parts.push(text(left + width / 2, bottom + 31, x.name, { ...MIDDLE, fill: FAINT }));
  if (y.name) {
    const [nameX, nameY] = [left - 62, top + height / 2];
    parts.push(text(nameX, nameY, y.name, { ...MIDDLE, fill: FAINT, ...turned(nameX, nameY) }));
  }

  for (const { points, symbol: shape, size = 8, dash, width: thickness = dash ? 1 : 0, ...look } of series) {
    const places = points.map((point) => [across(point.x), up(point.y)] as const);
    if (thickness > 0) parts.push(line(places, { ...look, dash, width: thickness }));
    if (shape) parts.push(...places.map((place) => symbol(shape, ...place, size, look.color)));
  }
  // Above what they are the measure of, as labels are above all lines.
  if (rule?.value !== undefined) upright(across(rule.value), { color: INK, width: 1.5, dash: rule.dash });
  if (level?.value !== undefined) {
    const at = up(level.value);
    flat(at, { color: INK, width: 1.5, dash: '6 4' });
    const isStart = level.labelAt === 'start';
    const words = text(isStart ? left + 5 : right - 5, at - 11, level.label!, isStart ? {} : END);
    parts.push(words);
  }
  const labels = series.flatMap(({ points }) => points.filter(({ label }) => label !== undefined));
  for (const { x: labelX, y: labelY, label, labelAt = 'below' } of labels) {
    const { dx, dy, look } = LABELS[labelAt];
    parts.push(text(across(labelX) + dx, up(labelY) + dy, label!, look));
  }
  return parts;
}

/** Where labels stand, from their points. */
const LABELS = {
  below: { dx: 0, dy: 13, look: { ...MIDDLE, ...HALO } },
  right: { dx: 5, dy: 0, look: {} },
} as const;

const segment = (from: readonly [number, number], to: readonly [number, number], look: LineLook) =>
  line([from, to], look);

/** From one power of ten to another, so that each line of the grid is one. `slack`: the part of one that may stick out. */
export function logAxis(name: string, values: readonly number[], label: (value: number) => string, slack = 0): Axis {
  const exponents = (values.length > 0 ? values : [1]).map(Math.log10);
  const first = Math.floor(Math.min(...exponents) + slack + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.max(...exponents) - slack - 1e-9));
  const powers = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  return {
    name,
    place: (value) => (Math.log10(value) - first) / (last - first),
    ticks: powers.map((value) => ({ value, text: label(value) })),
    hasGrid: true,
  };
}

/** From 0: what is twice as long is twice as much. Without `label` there are no ticks. */
export function linearAxis(name: string, values: readonly number[], label?: (value: number) => string): Axis {
  const most = Math.max(...values, 0) || 1;
  const power = 10 ** Math.floor(Math.log10(most / 5));
  const step = [1, 2, 5, 10].map((size) => size * power).find((size) => most <= 6 * size)!;
  const steps = Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
  if (!label) return { name, place: (value) => value / most, ticks: [], hasGrid: false };
  const ticks = steps.map((value) => ({ value, text: label(value) }));
  return { name, place: (value) => value / steps.at(-1)!, ticks, hasGrid: true };
}

/** A place each for values that are few and uneven. */
export function stepAxis(name: string, values: readonly number[], label: (value: number) => string): Axis {
  const steps = [...new Set(values)].sort((a, b) => a - b);
  const ticks = steps.map((value) => ({ value, text: label(value) }));
  return { name, place: (value) => (steps.indexOf(value) + 0.5) / steps.length, ticks, hasGrid: false };
}

/** Rows from top to bottom, by number. */
export function rowAxis(rows: readonly Omit<Tick, 'value'>[]): Axis {
  const ticks = rows.map((row, value) => ({ ...row, value }));
  return { place: (row) => 1 - (row + 0.5) / rows.length, ticks, hasGrid: false };
}

/** A picture is passed on without its page: it says itself where and when it was measured. */
function footer(machine: Machine): string {
  const { date, versions, rounds } = machine;
  const [doubt] = doubtsOf(machine);
  // There is room for one; the page has them all.
  const how = doubt === undefined ? `medians of ${rounds} rounds` : `not to be quoted: ${doubt}`;
  return `${date.slice(0, 10)} · ${coresOf(machine)} · node ${versions.node} · ${how}`;
}
