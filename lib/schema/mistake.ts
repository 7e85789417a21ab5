/** The mistakes in a value, as sentences for the operator. */
import { didYouMean } from '../did-you-mean.ts';
import type { Schema } from './schema.ts';

export type Path = readonly (string | number)[];

export interface Mistake {
  /** The path of the value. For a missing or unknown key: the path of that key. */
  path: Path;
  kind: 'unknown' | 'missing' | 'wrong';
  /** `memory must be a whole number, and is "big"` */
  sentence: string;
  expected: string;
  received?: unknown;
}

export function wrongValue(path: Path, expected: string, received: unknown): Mistake {
  const sentence = `${spell(path)} must be ${expected}, and is ${shown(received)}`;
  return { path, kind: 'wrong', sentence, expected, received };
}

export function missingKey(path: Path, schema: Schema): Mistake {
  const expected = expectation(schema);
  return { path, kind: 'missing', sentence: `${spell(path)} is missing; it must be ${expected}`, expected };
}

export function unknownKey(key: string, known: readonly string[], path: Path): Mistake {
  const guess = didYouMean(key, known);
  const expected = known.length === 0 ? 'no keys' : known.join(', ');
  return {
    path: [...path, key],
    kind: 'unknown',
    sentence:
      `there is no key ${JSON.stringify(key)} in ${spell(path)}` +
      (guess === undefined ? `, only ${expected}` : `; did you mean ${JSON.stringify(guess)}?`),
    expected,
    received: key,
  };
}

/** The values that `schema` allows, as words that follow "must be". */
export function expectation({ type, title, enum: choices, minimum, maximum, anyOf }: Schema): string {
  if (title !== undefined) return title;
  if (anyOf) return anyOf.map(expectation).join(' or ');
  if (choices) return choices.map((choice) => JSON.stringify(choice)).join(' or ');
  switch (type) {
    case 'object':
      return 'a table of keys';
    case 'array':
      return 'a list';
    case 'string':
      return 'a string';
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'number': {
      const noun = type === 'integer' ? 'a whole number' : 'a number';
      if (minimum !== undefined && maximum !== undefined) return `${noun} from ${minimum} to ${maximum}`;
      return minimum === undefined ? noun : `${noun} of ${minimum} or more`;
    }
    default:
      return type ?? 'any value';
  }
}

/** A path as text: `disks[0].vdevice`. The empty path is `it`. */
export function spell(path: Path): string {
  if (path.length === 0) return 'it';
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}

const MAX_SHOWN = 60;

function shown(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (value instanceof Date) return 'a date';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}
