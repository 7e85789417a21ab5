/**
 * Charts as SVG text, and what all of them look like. echarts, because it is one package with its own types, kept by the
 * Apache foundation with several releases a year, that draws without a browser and has the log scales and legends we need.
 */
import { type EChartsOption, init, type TitleComponentOption } from 'echarts';
import type { Machine } from '../harness/machine.ts';
import { doubtsOf } from './doubts.ts';

export interface Picture {
  readonly title: string;
  /** How to read it, in a line or two. */
  readonly how: string;
  readonly height: number;
  readonly option: Omit<EChartsOption, 'title' | 'animation'>;
  /** Headings of panels and the like, beside the picture's own title. */
  readonly headings?: readonly TitleComponentOption[];
}

export const WIDTH = 880;
/** Space that the title and the line under it take, and what stands at the foot. */
export const TOP = 92;
export const BOTTOM = 74;

export const INK = '#1f2328';
export const FAINT = '#59636e';
export const GRID = '#e4e7eb';
export const COLORS = { limit: INK, ours: '#1667c9', rival: '#b8500a' } as const;
/** For lines that have no kind; each with a symbol of its own, so that colour is not all that tells them apart. */
export const LINES = [
  { color: '#1667c9', symbol: 'circle' },
  { color: '#b8500a', symbol: 'rect' },
  { color: '#17805a', symbol: 'triangle' },
  { color: '#8447b8', symbol: 'diamond' },
  { color: '#8a6d00', symbol: 'roundRect' },
  { color: '#b3245b', symbol: 'arrow' },
] as const;

/** What a system has; in single quotes, since echarts puts it into an attribute as it is. */
const FONT = "-apple-system, 'Segoe UI', Helvetica, Arial, 'Liberation Sans', sans-serif";

export function toSvg({ title, how, height, option, headings = [] }: Picture, machine: Machine): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({
      animation: false,
      // Its own: the page around it may be dark.
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: FONT, color: INK },
      ...option,
      title: [
        {
          text: title,
          subtext: how,
          left: 16,
          top: 12,
          itemGap: 6,
          textStyle: { fontSize: 17, fontWeight: 'bold', color: INK },
          subtextStyle: { fontSize: 12.5, color: FAINT, lineHeight: 17 },
        },
        {
          text: footer(machine),
          left: 16,
          bottom: 6,
          textStyle: { fontSize: 10.5, fontWeight: 'normal', color: FAINT },
        },
        ...headings,
      ],
    });
    return steady(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** A panel's own heading, above its grid. */
export function heading(text: string, left: number, top: number): TitleComponentOption {
  return { text, left, top, padding: 0, textStyle: { fontSize: 13, fontWeight: 'bold', color: INK } };
}

/** A picture is passed on without its page: it says itself where and when it was measured. */
function footer(machine: Machine): string {
  const { date, cpu, cores, versions, rounds } = machine;
  const doubts = doubtsOf(machine);
  // There is room for one; the page has them all.
  const how = doubts.length > 0 ? `not to be quoted: ${doubts[0]}` : `medians of ${rounds} rounds`;
  return `${date.slice(0, 10)} · ${cpu}, ${cores} core${cores === 1 ? '' : 's'} · node ${versions.node} · ${how}`;
}

/**
 * echarts counts its charts and its classes in their names: the same picture would differ by how many were drawn before
 * it. The classes are only for the mouse, which has nothing to do here.
 */
function steady(svg: string): string {
  const still = svg.replace(/<style ?>[\s\S]*?<\/style>\n?/, '').replaceAll(/ class="zr\d+-cls-\d+"/g, '');
  return `${still.replaceAll(/\bzr\d+-/g, 'zr-')}\n`;
}
