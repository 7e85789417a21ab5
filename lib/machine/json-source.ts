import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Path } from '../schema/mistake.ts';
import { Lines, placeOf, type Source, syntaxError } from './source.ts';

/**
 * Reads JSON and the lines of its values. As in RFC 8259 it has no comments and no trailing commas; a repeated key is a mistake.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` with the line of the first mistake
 */
export function readJSON(text: string, name: string): Source {
  const lineOf = lineCounter(text);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  if (first) {
    const place = placeOf(name, lineOf(first.offset));
    throw syntaxError(place, `this is not JSON: ${words(printParseErrorCode(first.error))}`, 'JSON');
  }
  if (!root) throw syntaxError(name, 'the text is empty and must be JSON', 'JSON');

  const lines = new Lines(name);
  const read = (node: Node, path: Path): unknown => {
    lines.add(path, lineOf(node.offset));
    if (node.type === 'array') return (node.children ?? []).map((child, i) => read(child, [...path, i]));
    if (node.type !== 'object') return node.value;
    // Without a prototype, so that `__proto__` is an unknown key like any other.
    const object: Record<string, unknown> = Object.create(null);
    for (const property of node.children ?? []) {
      const [key, value] = property.children as [Node, Node];
      const below = [...path, key.value as string];
      lines.add(below, lineOf(key.offset));
      if (Object.hasOwn(object, key.value)) {
        const sentence = `the key ${JSON.stringify(key.value)} is there a second time; leave one of them out`;
        throw syntaxError(placeOf(name, lineOf(key.offset)), sentence, 'each key once');
      }
      object[key.value] = read(value, below);
    }
    return object;
  };
  return { value: read(root, []), locate: (path) => lines.locate(path) };
}

function lineCounter(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) ends.push(end);
  return (offset) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** `CommaExpected` becomes `comma expected`. */
function words(code: string): string {
  return code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();
}
