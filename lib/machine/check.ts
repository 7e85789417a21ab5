/** The check of an operator's input: TypeBox checks whether a value conforms to its schema, this file finds the mistakes. */
import { Check } from 'typebox/schema';
import { expectation, type Mistake, missingKey, type Path, unknownKey, wrongValue } from '../schema/mistake.ts';
import { argumentsOf, bodyOf, type Input, type Operation } from '../schema/operation.ts';
import type { Schema } from '../schema/schema.ts';
import { configError, type Source } from './source.ts';

/**
 * Checks `input` and returns copies of the operation's arguments in it. The error gives `name` as the place of each mistake.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` with every wrong, missing or unknown key in `mistakes`
 */
export function checkedArguments(name: string, operation: Pick<Operation, 'takes'>, input: Input): unknown[] {
  const schema = bodyOf(operation);
  const mistakes = operation.takes.flatMap(({ name, place, schema }) => {
    if (place === 'body' || place === 'key' || (place === 'query' && input[name] === undefined)) return [];
    return mistakesIn(schema, input[name], [name]);
  });
  if (schema) mistakes.push(...mistakesIn(schema, input.body));
  const whole = operation.takes.find(({ place }) => place === 'body');
  if (mistakes.length === 0 && whole) mistakes.push(...(whole.contradictions?.(input.body as never) ?? []));
  if (mistakes.length > 0) throw configError(mistakes, { locate: () => name });
  return structuredClone(argumentsOf(operation, input));
}

/**
 * Checks the value of `source` against `schema` and returns a copy of it, as plain objects.
 *
 * @throws CtrlIfError as {@link checkedArguments}
 */
export function conforming<T>(schema: Schema, source: Source): T {
  const mistakes = mistakesIn(schema, source.value);
  if (mistakes.length > 0) throw configError(mistakes, source);
  // A copy, because sources build objects without a prototype, which print and compare in unexpected ways.
  return structuredClone(source.value) as T;
}

/** Every part of `value` that `schema` does not allow. A `$ref` is not followed. */
export function mistakesIn(schema: Schema, value: unknown, path: Path = []): Mistake[] {
  if (Check(schema, value)) return [];
  const { type } = schema;
  const below = type && Check({ type }, value) ? mistakesBelow(schema, value, path) : [];
  return below.length > 0 ? below : [wrongValue(path, expectation(schema), value)];
}

/** The mistakes in the parts of a value whose own type is right. */
function mistakesBelow(schema: Schema, value: unknown, path: Path): Mistake[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => mistakesIn(schema.items ?? {}, item, [...path, i]));
  const { type, properties = {}, required = [], additionalProperties } = schema;
  if (type !== 'object') return [];
  const object = value as Readonly<Record<string, unknown>>;
  const known = Object.keys(properties);
  return [
    ...Object.keys(object).flatMap((key) => {
      if (known.includes(key)) return mistakesIn(properties[key]!, object[key], [...path, key]);
      return additionalProperties === false ? [unknownKey(key, known, path)] : [];
    }),
    ...required
      .filter((key) => !Object.hasOwn(object, key))
      .map((key) => missingKey([...path, key], properties[key] ?? {})),
  ];
}
