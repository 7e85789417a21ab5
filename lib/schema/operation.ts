/** An operation: a request over HTTP, and a method with the same name. */
import type { Mistake } from './mistake.ts';
import type { Schema, Static } from './schema.ts';

/**
 * The place of a parameter in a request: a step of the path, the query, a key of the body, or the whole body. Only a parameter
 * in the query is optional.
 */
export type Place = 'path' | 'query' | 'key' | 'body';

export interface Parameter {
  readonly name: string;
  readonly place: Place;
  readonly schema: Schema;
  /** Returns the mistakes in a value that conforms to the schema. */
  readonly contradictions?: (value: never) => Mistake[];
}

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As in OpenAPI: `/domains/{domain}`. */
  readonly path: string;
  readonly summary: string;
  /** In the order of the method's arguments. */
  readonly takes: readonly Parameter[];
  /** Missing: the answer has no body, and `status` is 204. */
  readonly reply?: Schema;
  readonly status: 200 | 201 | 204;
}

/** The input of an operation: its parameters by name, and the request's body as `body`. */
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

/** Returns `stated` with its literal type. */
export function operation<const O extends Operation>(stated: O): O {
  return stated;
}

export function parameter<const Name extends string, const P extends Place, const S extends Schema>(
  name: Name,
  place: P,
  schema: S,
): { readonly name: Name; readonly place: P; readonly schema: S } {
  return { name, place, schema };
}

/** The schema of the request's body, or undefined if the request has no body. */
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

/** The input for the arguments `values` of the operation's method. */
export function inputOf({ takes }: Pick<Operation, 'takes'>, values: readonly unknown[]): Input {
  const input: Record<string, unknown> = {};
  takes.forEach(({ name, place }, i) => {
    if (place === 'body') input.body = values[i];
    else if (place === 'key') input.body = { ...(input.body as object), [name]: values[i] };
    else if (values[i] !== undefined) input[name] = values[i];
  });
  return input;
}

/** The arguments of the operation's method for `input`: the reverse of {@link inputOf}. */
export function argumentsOf({ takes }: Pick<Operation, 'takes'>, input: Input): unknown[] {
  const body = input.body as Input;
  return takes.map(({ name, place }) => (place === 'body' ? body : (place === 'key' ? body : input)[name]));
}
