/**
 * The part of JSON Schema (2020-12) that the machine's shapes need, and the check against it: every mistake of a value
 * with the path that leads there, in words for people. The API's OpenAPI description states the same schemas.
 */
import { didYouMean } from '../did-you-mean.ts';

export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  /** What a right value is, to follow "must be": `a whole number from 1 to 32`. Made from the rest when missing. */
  title?: string;
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  items?: Schema;
  minItems?: number;
  enum?: readonly string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  examples?: readonly unknown[];
  anyOf?: readonly Schema[];
  $ref?: string;
}

export type Path = readonly (string | number)[];

export interface Mistake {
  /** Where the value is; of a missing or unknown key: the key. */
  path: Path;
  kind: 'unknown' | 'missing' | 'wrong';
  /** `memory must be a whole number, and is "big"` */
  sentence: string;
  expected: string;
  received?: unknown;
}

/** Everything in `value` that `schema` does not allow; a `$ref` is not followed. */
export function mistakesIn(schema: Schema, value: unknown, path: Path = []): Mistake[] {
  if (schema.anyOf) return schema.anyOf.some((one) => mistakesIn(one, value).length === 0) ? [] : [wrong()];
  switch (schema.type) {
    case 'object':
      return isObject(value) ? mistakesInObject(schema, value, path) : [wrong()];
    case 'array': {
      if (!Array.isArray(value) || value.length < (schema.minItems ?? 0)) return [wrong()];
      return value.flatMap((item, i) => mistakesIn(schema.items ?? {}, item, [...path, i]));
    }
    default:
      return isScalar(schema, value) ? [] : [wrong()];
  }

  function wrong(): Mistake {
    const expected = expectation(schema);
    const sentence = `${spell(path)} must be ${expected}, and is ${shown(value)}`;
    return { path, kind: 'wrong', sentence, expected, received: value };
  }
}

function mistakesInObject(schema: Schema, value: Record<string, unknown>, path: Path): Mistake[] {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const mistakes: Mistake[] = [];
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) mistakes.push(...mistakesIn(properties[key]!, value[key], [...path, key]));
    else if (!additionalProperties) mistakes.push(unknownKey(key, Object.keys(properties), path));
  }
  for (const key of required) {
    if (Object.hasOwn(value, key)) continue;
    const expected = expectation(properties[key] ?? {});
    const sentence = `${spell([...path, key])} is missing; it must be ${expected}`;
    mistakes.push({ path: [...path, key], kind: 'missing', sentence, expected });
  }
  return mistakes;
}

function unknownKey(key: string, known: readonly string[], path: Path): Mistake {
  const guess = didYouMean(key, known);
  const expected = known.length === 0 ? 'no keys' : known.join(', ');
  return {
    path: [...path, key],
    kind: 'unknown',
    sentence:
      `there is no key ${JSON.stringify(key)} in ${path.length === 0 ? 'it' : spell(path)}` +
      (guess === undefined ? `, only ${expected}` : `; did you mean ${JSON.stringify(guess)}?`),
    expected,
    received: key,
  };
}

function isScalar(schema: Schema, value: unknown): boolean {
  const {
    enum: choices,
    pattern,
    minLength = 0,
    maxLength = Infinity,
    minimum = -Infinity,
    maximum = Infinity,
  } = schema;
  switch (schema.type) {
    case 'string': {
      if (typeof value !== 'string' || (choices && !choices.includes(value))) return false;
      // JSON Schema counts characters, not UTF-16 units.
      const { length } = [...value];
      return length >= minLength && length <= maxLength && (!pattern || new RegExp(pattern, 'u').test(value));
    }
    case 'integer':
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      return value >= minimum && value <= maximum && (schema.type === 'number' || Number.isInteger(value));
    }
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    default:
      return true;
  }
}

/** To follow "must be". */
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

/** `disks[0].vdevice`; the whole value is `it`. */
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
