/** A table in Markdown, with its columns aligned: to the left, or to the right where `isRight` says so. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isRight: (column: number) => boolean = () => false,
): string {
  const widths = head.map((name, i) => Math.max(name.length, 3, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const aligned = (cells: readonly string[]) =>
    line(cells.map((cell, i) => (isRight(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))));
  const rule = line(widths.map((width, i) => (isRight(i) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))));
  return [aligned(head), rule, ...rows.map(aligned), ''].join('\n');
}
