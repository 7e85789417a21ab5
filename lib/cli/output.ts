/** Standard output: tables, colour where a person can see it, and no line lost when the process ends. */
import { stripVTControlCharacters, styleText } from 'node:util';

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** What of a stream decides whether it gets colour. */
export interface Screen {
  isTTY?: boolean;
  hasColors?(): boolean;
}

/** Colour is for terminals, and for those who have not set NO_COLOR (https://no-color.org). */
export function paint(style: Style, text: string, screen: Screen = process.stdout): string {
  // NO_COLOR is asked first: hasColors() lets FORCE_COLOR overrule it, and warns on stderr.
  if (process.env.NO_COLOR || screen.isTTY !== true || screen.hasColors?.() !== true) return text;
  return styleText(style, text, { validateStream: false });
}

/** Resolves when the stream has room again, so that a slow reader slows us down instead of filling our memory. */
export function write(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(text, () => resolve())) resolve();
  });
}

export function writeLine(line: string): Promise<void> {
  return write(`${line}\n`);
}

export function writeJSON(value: unknown): Promise<void> {
  return writeLine(JSON.stringify(value));
}

/** Resolves when both streams have given everything to the system; `process.exit` would cut off the rest. */
export async function drained(): Promise<void> {
  const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
}

export interface Column {
  title: string;
  align?: 'right';
}

/** Rows under their titles, two spaces apart. `style` paints a whole row, after its width is known. */
export function table(columns: readonly Column[], rows: readonly { cells: string[]; style?: Style }[]): string[] {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map(({ cells }) => cells[i]!.length)));
  const lay = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [
    paint('bold', lay(columns.map(({ title }) => title))),
    ...rows.map(({ cells, style }) => (style ? paint(style, lay(cells)) : lay(cells))),
  ];
}

/** The lines of a text of somebody else's, set off from our own. */
export function indented(text: string): string[] {
  return text.split('\n').map((line) => `    ${stripVTControlCharacters(line)}`.trimEnd());
}

/** One line on stderr that is written over, for a person who waits; nothing for anyone else. */
export class Progress {
  readonly #visible: boolean;

  constructor(wanted: boolean) {
    this.#visible = wanted && process.stderr.isTTY === true;
  }

  show(text: string): void {
    if (this.#visible) process.stderr.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    if (this.#visible) process.stderr.write('\r\x1b[K');
  }
}

/** The width that a page of text keeps to, wherever it is read. */
export const TEXT_WIDTH = 80;

/** A text in lines of at most {@link TEXT_WIDTH}, each `indent` in; a word that is longer has a line of its own. */
export function wrapped(text: string, indent = 0): string[] {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(margin + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, margin + line];
}
