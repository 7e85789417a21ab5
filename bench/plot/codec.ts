/** Time and bytes of one message, by library. */
import type { BarSeriesOption } from 'echarts';
import type { Report } from '../harness/report.ts';
import { names } from './axes.ts';
import { duration, number } from './format.ts';
import type { Plot } from './plot.ts';
import { rowNamed, thingOf } from './rows.ts';
import { COLORS, FAINT, heading, INK, TOP } from './svg.ts';

const WAYS = [
  { way: 'encode', color: COLORS.ours },
  { way: 'decode', color: '#17805a' },
] as const;
const GROUP_HEIGHT = 54;
const PANELS = { left: 130, width: 300, gap: 90 };

export const codec: Plot = {
  name: 'codec',
  alt: 'Time and allocated bytes of encoding and decoding one message: ctrl-if beside three libraries',
  draw(report) {
    const libraries = librariesOf(report);
    if (libraries.length === 0) return { missing: 'no codec row has a time' };
    const row = (way: string, library: string) => rowNamed(report, `codec.${way}.${library}`);
    const labels = libraries.map(thingOf);
    const panel = (
      at: number,
      pick: (way: string, library: string) => number | null | undefined,
      text: (value: number) => string,
    ) =>
      WAYS.map(
        ({ way, color }): BarSeriesOption => ({
          type: 'bar',
          name: way,
          xAxisIndex: at,
          yAxisIndex: at,
          silent: true,
          barWidth: 15,
          barGap: '15%',
          itemStyle: { color },
          label: {
            show: true,
            position: 'right',
            color: INK,
            fontSize: 12,
            formatter: ({ value }) => (typeof value === 'number' ? text(value) : ''),
          },
          data: libraries.map((library) => pick(way, library) ?? '-'),
        }),
      );
    const time = panel(0, (way, library) => row(way, library)?.p50, duration);
    const bytes = panel(
      1,
      (way, library) => row(way, library)?.more?.bytesPerMessage,
      (value) => `${number(value)} B`,
    );
    const top = TOP + 44;
    const bottom = 34;
    const right = PANELS.left + PANELS.width + PANELS.gap;
    const grid = { top, bottom, width: PANELS.width };
    const axis = (at: number) => ({
      type: 'value' as const,
      gridIndex: at,
      axisLabel: { show: false },
      axisLine: { show: false },
      splitLine: { show: false },
    });

    return {
      title: 'What one message costs to encode and to decode',
      how: `Median of the messages of the 2005 header, header and payload. Shorter is better.${absentWays(report, libraries)}`,
      height: top + libraries.length * GROUP_HEIGHT + bottom,
      headings: [
        heading('time a message', PANELS.left, TOP + 20),
        heading('bytes allocated a message', right, TOP + 20),
      ],
      option: {
        legend: { top: 68, left: PANELS.left - 5, itemGap: 24, textStyle: { fontSize: 12 }, selectedMode: false },
        grid: [
          { ...grid, left: PANELS.left },
          { ...grid, left: right },
        ],
        xAxis: [axis(0), axis(1)],
        yAxis: [
          { ...names(labels), gridIndex: 0, axisLine: { show: true, lineStyle: { color: FAINT } } },
          {
            ...names(labels),
            gridIndex: 1,
            axisLine: { show: true, lineStyle: { color: FAINT } },
            axisLabel: { show: false },
          },
        ],
        series: [...time, ...bytes],
      },
    };
  },
};

/** In the order of the run; ours is first in it. */
function librariesOf(report: Report): string[] {
  const found = report.rows.flatMap(({ case: name, p50 }) => {
    const [family, way, library, message] = name.split('.');
    const isWay = WAYS.some((one) => one.way === way);
    return family === 'codec' && isWay && library && message === undefined && p50 !== null ? [library] : [];
  });
  return [...new Set(found)];
}

/** A bar that is not there could be taken for a zero. */
function absentWays(report: Report, libraries: readonly string[]): string {
  const absent = libraries.flatMap((library) =>
    WAYS.filter(({ way }) => !rowNamed(report, `codec.${way}.${library}`)).map(
      ({ way }) => `${thingOf(library)} has no ${way === 'encode' ? 'encoder' : 'decoder'}`,
    ),
  );
  return absent.length > 0 ? ` No bar: ${absent.join(', ')}.` : '';
}
