import type { AST } from 'toml-eslint-parser';
import { type Mistake, type Path, wrongValue } from '../schema/mistake.ts';
import { configError, Lines, placeOf, type Source, syntaxError } from './source.ts';
import { parseToml } from './toml-mistake.ts';

type Table = Record<string, unknown>;

/**
 * Reads TOML 1.0 and the lines of its values.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` with the line of the first mistake, or of each date and each infinite or NaN number
 */
export function readTOML(text: string, name: string): Source {
  const top = parse(text, name).body[0];
  const lines = new Lines(name);
  lines.add([], 1);
  const root = newTable();
  const mistakes: Mistake[] = [];

  const readValue = (node: AST.TOMLContentNode, path: Path): unknown => {
    lines.add(path, node.loc.start.line);
    if (node.type === 'TOMLArray') return node.elements.map((element, i) => readValue(element, [...path, i]));
    if (node.type === 'TOMLValue') {
      if (!isInJSON(node.value)) mistakes.push(wrongValue(path, 'a value that JSON has too', node.value));
      return node.value;
    }
    const table = newTable();
    for (const entry of node.body) readEntry(entry, table, path);
    return table;
  };
  const readEntry = ({ key, value }: AST.TOMLKeyValue, into: Table, path: Path): void => {
    const steps = key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value));
    steps.forEach((_, i) => {
      lines.add([...path, ...steps.slice(0, i + 1)], key.keys[i]!.loc.start.line);
    });
    const parent = descend(into, steps.slice(0, -1));
    parent[steps.at(-1)!] = readValue(value, [...path, ...steps]);
  };

  for (const node of top.body) {
    if (node.type === 'TOMLKeyValue') {
      readEntry(node, root, []);
      continue;
    }
    const path = node.resolvedKey;
    path.forEach((_, i) => {
      lines.add(path.slice(0, i + 1), node.loc.start.line);
    });
    const table = descend(root, path);
    for (const entry of node.body) readEntry(entry, table, path);
  }
  const source = { value: root, locate: (path: Path) => lines.locate(path) };
  if (mistakes.length > 0) throw configError(mistakes, source);
  return source;
}

function parse(text: string, name: string): AST.TOMLProgram {
  const parsed = parseToml(text);
  if (!('sentence' in parsed)) return parsed;
  throw syntaxError(placeOf(name, parsed.line), `this is not TOML: ${parsed.sentence}`, 'TOML', parsed.cause);
}

/** The table at `path`, created if it is missing. The parser has refused any text for which this fails. */
function descend(root: Table, path: Path): Table {
  let table = root as Record<string | number, unknown>;
  path.forEach((step, i) => {
    table[step] ??= typeof path[i + 1] === 'number' ? [] : newTable();
    table = table[step] as Table;
  });
  return table;
}

/** A configuration must fit JSON, because the machine may be another process. */
function isInJSON(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : ['string', 'boolean'].includes(typeof value);
}

/** Without a prototype, so that `__proto__` is an unknown key like any other. */
function newTable(): Table {
  return Object.create(null);
}
