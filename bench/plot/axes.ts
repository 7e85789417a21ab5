/** Axes that all plots share. */
import type { XAXisComponentOption, YAXisComponentOption } from 'echarts';
import { FAINT, GRID, INK } from './svg.ts';

/** From one power of ten to another, so that each line of the grid is one. `slack`: the part of one that may stick out. */
function decades(values: readonly number[], slack: number): { min: number; max: number } {
  const min = 10 ** Math.floor(Math.log10(Math.min(...values)) + slack + 1e-9);
  const max = 10 ** Math.ceil(Math.log10(Math.max(...values)) - slack - 1e-9);
  return { min, max: max > min ? max : min * 10 };
}

const LOOK = {
  nameLocation: 'middle' as const,
  nameTextStyle: { color: FAINT, fontSize: 12 },
  axisLine: { show: true, lineStyle: { color: FAINT } },
  axisTick: { show: false },
  splitLine: { show: true, lineStyle: { color: GRID } },
};

export function logX(
  name: string,
  values: readonly number[],
  text: (value: number) => string,
  slack = 0,
): XAXisComponentOption & { type: 'log' } {
  return {
    ...LOOK,
    type: 'log',
    name,
    nameGap: 28,
    ...decades(values, slack),
    axisLabel: { color: INK, formatter: (value: number) => text(value) },
  };
}

export function logY(
  name: string,
  values: readonly number[],
  text: (value: number) => string,
  slack = 0,
): YAXisComponentOption & { type: 'log' } {
  return {
    ...LOOK,
    type: 'log',
    name,
    nameGap: 52,
    ...decades(values, slack),
    axisLabel: { color: INK, formatter: (value: number) => text(value) },
  };
}

/** From 0: what is twice as high is twice as much. */
export function linearY(name: string, text: (value: number) => string): YAXisComponentOption & { type: 'value' } {
  return {
    ...LOOK,
    type: 'value',
    name,
    nameGap: 44,
    min: 0,
    axisLabel: { color: INK, formatter: (value: number) => text(value) },
  };
}

/** A place each for values that are few and uneven. */
export function steps(name: string, texts: readonly string[]): XAXisComponentOption & { type: 'category' } {
  return {
    ...LOOK,
    splitLine: { show: false },
    type: 'category',
    name,
    nameGap: 28,
    data: [...texts],
    axisLabel: { color: INK, interval: 0 },
  };
}

/** Names from top to bottom. `bold`: those that head the names below them. */
export function names(labels: readonly string[], bold: (label: string) => boolean = () => false) {
  return {
    type: 'category' as const,
    inverse: true,
    data: [...labels],
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      interval: 0,
      fontSize: 12.5,
      formatter: (label: string) => `{${bold(label) ? 'head' : 'name'}|${label}}`,
      rich: { head: { fontWeight: 'bold' as const, color: INK }, name: { color: INK } },
    },
  } satisfies YAXisComponentOption;
}

/** Figures at the right end of the rows that {@link names} heads. */
export function figures(texts: readonly string[]) {
  return {
    type: 'category' as const,
    inverse: true,
    position: 'right' as const,
    // A category axis tells its categories apart by name, and two rows may say the same.
    data: texts.map((text, i) => ({ value: `${i}|${text}` })),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      interval: 0,
      color: INK,
      fontSize: 12,
      formatter: (label: string) => label.slice(label.indexOf('|') + 1),
    },
  } satisfies YAXisComponentOption;
}
