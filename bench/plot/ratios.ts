/** How far each ratio is from its goal. */

import { figures, logX, names } from './axes.ts';
import { goalText, number } from './format.ts';
import { type Goal, isMet, judgedRatios, marginOf } from './goals.ts';
import type { Plot } from './plot.ts';
import { BOTTOM, INK, TOP } from './svg.ts';

const MET = '#17805a';
const MISSED = '#b8500a';
const LINE_HEIGHT = 27;
const LEFT = 360;

export const ratios: Plot = {
  name: 'ratios',
  alt: 'Each ratio of the run against its goal: right of the line it is met, left of it missed',
  draw(report, all) {
    if (report.machine.cores < 2) return { missing: 'the goals are for two cores, and this run had one' };
    const judged = judgedRatios(report, all).filter(({ value }) => value > 0);
    if (judged.length === 0) return { missing: 'no ratio that has a goal' };
    const margins = judged.map(({ value, goal }) => marginOf(value, goal));
    const bar = (met: boolean) => ({
      type: 'bar' as const,
      name: met ? 'goal met' : 'goal missed',
      silent: true,
      barWidth: 14,
      // Both in the middle: each line has one of the two.
      barGap: '-100%',
      itemStyle: { color: met ? MET : MISSED },
      data: judged.map(({ value, goal }, i) => (isMet(value, goal) === met ? margins[i]! : '-')),
    });

    return {
      title: 'Which goals are met, and by how much',
      how: 'Each bar starts at its goal: to the right, so many times better than asked; to the left, so many times short of it.\nA ratio is a cost over another, here of what is named at the left. Its value and its goal are at the right.',
      height: TOP + 24 + judged.length * LINE_HEIGHT + BOTTOM,
      option: {
        legend: { top: 76, left: LEFT, itemGap: 24, textStyle: { fontSize: 12 }, selectedMode: false },
        grid: { left: LEFT, right: 150, top: TOP + 24, bottom: BOTTOM },
        xAxis: logX(
          'logarithmic: one line of the grid is 10 times the one before it',
          [...margins, 0.5, 2],
          marginText,
        ),
        yAxis: [
          names(judged.map(({ label }) => label)),
          figures(judged.map(({ value, goal }) => besideOf(value, goal))),
        ],
        series: [
          {
            ...bar(true),
            markLine: {
              silent: true,
              symbol: 'none',
              animation: false,
              lineStyle: { color: INK, type: 'solid', width: 1.5 },
              label: { show: false },
              data: [{ xAxis: 1 }],
            },
          },
          bar(false),
        ],
      },
    };
  },
};

function marginText(margin: number): string {
  if (margin === 1) return 'the goal';
  return margin > 1 ? `${number(margin)} x better` : `${number(1 / margin)} x short`;
}

function besideOf(value: number, goal: Goal): string {
  return `${number(value)} (goal ${goalText(goal)})`;
}
