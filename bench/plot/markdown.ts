/** Tables as Markdown. */

export interface Column<T> {
  readonly title: string;
  readonly left?: boolean;
  /** Undefined where it has nothing to say; a column of these is left out. */
  cell(item: T): string | undefined;
}

export function table<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const used = columns.filter(({ cell }) => items.some((item) => cell(item)));
  const rows = [
    used.map(({ title }) => title),
    ...items.map((item) => used.map(({ cell }) => (cell(item) ?? '').replaceAll('|', '\\|'))),
  ];
  const widths = used.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)));
  const [head, ...body] = rows.map((row) => line(row.map((text, i) => pad(text, widths[i]!, used[i]!.left))));
  const rule = line(used.map(({ left }, i) => (left ? '-'.repeat(widths[i]!) : `${'-'.repeat(widths[i]! - 1)}:`)));
  return [head, rule, ...body].join('\n');
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const pad = (text: string, width: number, left = false) => (left ? text.padEnd(width) : text.padStart(width));

export const code = (text: string) => `\`${text}\``;
