/** What an operation is: how it is asked for over HTTP, and by a method with the same name. */
import type { Mistake } from './mistake.ts';
import type { Schema, Static } from './schema.ts';

/**
 * Where a parameter is in a request: a step of the path, in the query (and may be left out), a key of the body, or the whole
 * body.
 */
export type Place = 'path' | 'query' | 'key' | 'body';

export interface Parameter {
  readonly name: string;
  readonly place: Place;
  readonly schema: Schema;
  /** What is wrong in a value that conforms to the schema. */
  readonly contradictions?: (value: never) => Mistake[];
}

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As in OpenAPI: `/domains/{domain}`. */
  readonly path: string;
  readonly summary: string;
  /** In the order of the method's arguments. */
  readonly takes: readonly Parameter[];
  /** None: there is nothing to say, and `status` is 204. */
  readonly reply?: Schema;
  readonly status: 200 | 201 | 204;
}

/** What an operation is asked with: parameters by name, and the request's body as `body`. */
export type Input = Readonly<Record<string, unknown>>;

/** The arguments of the method. */
export type Arguments<T extends readonly Parameter[]> = T extends readonly [
  infer First extends Parameter,
  ...infer Rest extends readonly Parameter[],
]
  ? First['place'] extends 'query'
    ? [argument?: Static<First['schema']>, ...rest: Arguments<Rest>]
    : [argument: Static<First['schema']>, ...rest: Arguments<Rest>]
  : [];

/** What the method returns. */
export type Answer<O extends Operation> = O extends { readonly reply: infer S } ? Promise<Static<S>> : Promise<void>;

/** States an operation, as the literal that it is. */
export function operation<const O extends Operation>(stated: O): O {
  return stated;
}

export function parameter<const Name extends string, const At extends Place, const S extends Schema>(
  name: Name,
  place: At,
  schema: S,
): { readonly name: Name; readonly place: At; readonly schema: S } {
  return { name, place, schema };
}

/** The schema of the request's body; undefined where there is none. */
export function bodyOf({ takes }: Pick<Operation, 'takes'>): Schema | undefined {
  const whole = takes.find(({ place }) => place === 'body');
  if (whole) return whole.schema;
  const keys = takes.filter(({ place }) => place === 'key');
  if (keys.length === 0) return undefined;
  const names = keys.map(({ name }) => name);
  return {
    type: 'object',
    title: `an object with ${names.join(' and ')}`,
    additionalProperties: false,
    required: names,
    properties: Object.fromEntries(keys.map(({ name, schema }) => [name, schema])),
  };
}

export function inputOf({ takes }: Pick<Operation, 'takes'>, values: readonly unknown[]): Input {
  const input: Record<string, unknown> = {};
  takes.forEach(({ name, place }, i) => {
    if (place === 'body') input.body = values[i];
    else if (place === 'key') input.body = { ...(input.body as object), [name]: values[i] };
    else if (values[i] !== undefined) input[name] = values[i];
  });
  return input;
}

export function argumentsOf({ takes }: Pick<Operation, 'takes'>, input: Input): unknown[] {
  const body = input.body as Input;
  return takes.map(({ name, place }) => (place === 'body' ? body : (place === 'key' ? body : input)[name]));
}
