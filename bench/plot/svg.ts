/** SVG text, and what all pictures look like. */

export const INK = '#1f2328';
export const FAINT = '#59636e';
export const GRID = '#e4e7eb';
export const BLUE = '#1667c9';
export const ORANGE = '#b8500a';
export const GREEN = '#17805a';

/** Symbols, two units wide. */
const SYMBOLS = {
  circle: 'M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0',
  square: 'M-.9,-.9h1.8v1.8h-1.8z',
  up: 'M0,-1.2L1.1,.9H-1.1z',
  diamond: 'M0,-1.2L1.1,0L0,1.2L-1.1,0z',
  plus: 'M-1.1,-.4h.7v-.7h.8v.7h.7v.8h-.7v.7h-.8v-.7h-.7z',
  down: 'M0,1.2L1.1,-.9H-1.1z',
  ring: 'M-.8,0a.8,.8 0 1,0 1.6,0a.8,.8 0 1,0 -1.6,0',
  tick: 'M-.25,-1.3h.5v2.6h-.5z',
} as const;
export type SymbolName = keyof typeof SYMBOLS;

/** What a system has. */
const FONT = "-apple-system, 'Segoe UI', Helvetica, Arial, 'Liberation Sans', sans-serif";

export type Attributes = Readonly<Record<string, string | number | undefined>>;

function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const text = given.map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : value}"`).join('');
  return content === '' ? `<${name}${text}/>` : `<${name}${text}>${content}</${name}>`;
}

const round = (value: number) => Number(value.toFixed(2));

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text whose middle is at the height `y`, with attributes of SVG's own. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  const all = { x, y, dy: '.35em', 'font-size': 12, fill: INK, ...attributes };
  return element(
    'text',
    all,
    content.replaceAll(/[&<>]/g, (letter) => ESCAPES[letter]!),
  );
}

/** Of text that reads upwards. */
export const turned = (x: number, y: number): Attributes => ({ transform: `rotate(-90 ${round(x)} ${round(y)})` });

/** Of text that a line may cross: a white edge. */
export const HALO: Attributes = { stroke: '#ffffff', 'stroke-width': 3, 'paint-order': 'stroke' };

/** About as wide as the text is, whatever the font. */
export const widthOf = (content: string, size = 12): number => content.length * size * 0.58;

export interface LineLook {
  readonly color: string;
  readonly width?: number;
  readonly dash?: string | undefined;
  readonly opacity?: number | undefined;
}

export function line(points: readonly (readonly [number, number])[], look: LineLook): string {
  const { color, width = 1, dash, opacity } = look;
  const attributes = { stroke: color, 'stroke-width': width, 'stroke-dasharray': dash, 'stroke-opacity': opacity };
  const places = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  return element('polyline', { points: places, fill: 'none', ...attributes });
}

export function symbol(name: SymbolName, x: number, y: number, size: number, color: string): string {
  const place = `translate(${round(x)},${round(y)}) scale(${size / 2})`;
  const look = name === 'ring' ? { fill: '#ffffff', stroke: color, 'stroke-width': 0.4 } : { fill: color };
  return element('path', { d: SYMBOLS[name], transform: place, ...look });
}

/** A picture with a background of its own: the page around it may be dark. */
export function picture(width: number, height: number, parts: readonly string[]): string {
  const background = element('rect', { width, height, fill: '#ffffff' });
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const content = `\n${[background, ...parts].join('\n')}\n`;
  return `${element('svg', { xmlns: 'http://www.w3.org/2000/svg', ...size, 'font-family': FONT }, content)}\n`;
}
