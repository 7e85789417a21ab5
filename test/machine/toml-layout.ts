/** Configurations as TOML in any layout, with the line of each of their parts. */
import type { GeneratorValue } from 'fast-check';
import fc from 'fast-check';
import type { DomainConfig } from '../../lib/machine/operations.ts';

type Path = readonly (string | number)[];

export interface Layout {
  readonly lines: readonly string[];
  /** From 1, by path. */
  readonly lineOf: readonly (readonly [path: Path, line: number])[];
  /** The number of lines above each place at which a statement may begin. */
  readonly seams: readonly number[];
}

/** Writes `config` in a layout that `choose` chooses. */
export function layOut(config: DomainConfig, choose: GeneratorValue): Layout {
  const lines: string[] = [];
  const lineOf: [Path, number][] = [[[], 1]];
  const seams: number[] = [];
  const isSo = () => choose(fc.boolean);
  const mark = (path: Path) => void lineOf.push([path, lines.length]);
  const begin = () => {
    while (isSo()) lines.push(choose(fc.constantFrom, '', '# a comment', '  # x = [', '\t'));
    seams.push(lines.length);
  };
  const put = (text: string, path?: Path) => {
    lines.push(isSo() ? `${text} # it's = [` : text);
    if (path) mark(path);
  };
  const scalar = (value: unknown) => JSON.stringify(value);

  const tables: [string, readonly object[]][] = [];
  for (const [key, value] of Object.entries(config)) {
    if (Array.isArray(value) && key !== 'command' && value.length > 0 && isSo()) {
      tables.push([key, value]);
      continue;
    }
    begin();
    if (!Array.isArray(value)) put(`${key} = ${scalar(value)}`, [key]);
    else if (isSo()) {
      put(`${key} = [${value.map((element) => inline(element)).join(', ')}]`, [key]);
      value.forEach((_, i) => {
        mark([key, i]);
      });
    } else {
      put(`${key} = [`, [key]);
      value.forEach((element, i) => {
        if (isSo()) put('');
        put(`  ${inline(element)}${i < value.length - 1 || isSo() ? ',' : ''}`, [key, i]);
        if (typeof element === 'object') for (const below of Object.keys(element)) mark([key, i, below]);
      });
      put(']');
    }
  }
  for (const [key, list] of tables) {
    list.forEach((table, i) => {
      begin();
      put(`[[${key}]]`, [key, i]);
      if (i === 0) mark([key]);
      const below: [string, object][] = [];
      for (const [field, value] of Object.entries(table)) {
        if (typeof value === 'object' && isSo()) below.push([field, value]);
        else {
          begin();
          put(`${field} = ${inline(value)}`, [key, i, field]);
        }
      }
      for (const [field, value] of below) {
        begin();
        put(`[${key}.${field}]`, [key, i, field]);
        for (const [deepest, leaf] of Object.entries(value)) {
          begin();
          put(`"${deepest}" = ${scalar(leaf)}`, [key, i, field, deepest]);
        }
      }
    });
  }
  begin();
  return { lines, lineOf, seams };
}

function inline(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, leaf]) => `${key} = ${inline(leaf)}`)
    .join(', ')} }`;
}
