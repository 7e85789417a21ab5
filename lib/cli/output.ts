/** Standard output: tables, colour on terminals, and complete output when the process ends. */
import { stripVTControlCharacters, styleText } from 'node:util';

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** The properties of a stream that decide about colour. */
export interface Screen {
  isTTY?: boolean;
  hasColors?(): boolean;
}

/** Colours `text` if the stream is a terminal and NO_COLOR is not set (https://no-color.org). */
export function paint(style: Style, text: string, screen: Screen = process.stdout): string {
  // Check NO_COLOR first: in hasColors() FORCE_COLOR overrides it, with a warning on stderr.
  if (process.env.NO_COLOR || screen.isTTY !== true || screen.hasColors?.() !== true) return text;
  return styleText(style, text, { validateStream: false });
}

/** Resolves when the stream has room again. Await it, or a slow reader fills the memory of this process. */
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

/** Resolves when both streams have written everything. `process.exit` discards the rest. */
export async function drained(): Promise<void> {
  const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
}

export interface Column {
  title: string;
  align?: 'right';
}

/** Rows under their titles, with two spaces between columns. `style` colours a whole row. */
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

/** The lines of another program's text, indented and without control sequences. */
export function indented(text: string): string[] {
  return text.split('\n').map((line) => `    ${stripVTControlCharacters(line)}`.trimEnd());
}

/** One line on stderr that is overwritten, on a terminal. Nothing elsewhere. */
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

/** The width of text, on every terminal. */
export const TEXT_WIDTH = 80;

/** A text in lines of at most {@link TEXT_WIDTH} columns with `indent` spaces before each. A longer word has its own line. */
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
