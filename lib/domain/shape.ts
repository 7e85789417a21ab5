/**
 * Shapes of the values on the control socket. A peer may send any value. {@link Shape.read} copies the declared fields and refuses the rest,
 * so only checked values go further. Seven kinds of shape are enough, so that a guest needs no library for them.
 */

export interface Shape<T> {
  /** The shape in words, for errors and for docs/control-socket.md: `integer 0..65535`. */
  readonly expected: string;
  /** Whether the field may be missing. */
  readonly isOptional: boolean;
  /**
   * A copy of the value with its declared fields.
   *
   * @param path the field's name, for the error
   * @throws Mismatch
   */
  read(value: unknown, path?: string): T;
}

/** A value does not have its shape. The message gives the problem and the expected shape. */
export class Mismatch extends Error {
  /** The field and its mistake. */
  readonly problem: string;
  readonly expected: string;
  readonly received: unknown;

  constructor(path: string, expected: string, received: unknown) {
    const field = path || 'it';
    const problem = `${field} is ${received === undefined ? 'missing' : excerpt(received)}`;
    super(`${problem}; expected ${expected}`);
    this.problem = problem;
    this.expected = expected;
    this.received = received;
  }
}

export type Fields = Readonly<Record<string, Shape<unknown>>>;
export type ValueOf<S> = S extends Shape<infer T> ? T : never;

type OptionalNames<F extends Fields> = { [K in keyof F]: undefined extends ValueOf<F[K]> ? K : never }[keyof F];
/** The type of an object with these fields. */
export type ObjectOf<F extends Fields> = { [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]> } & {
  [K in OptionalNames<F>]?: Exclude<ValueOf<F[K]>, undefined>;
};

export interface ObjectShape<T> extends Shape<T> {
  /** The fields by name. */
  readonly fields: Fields;
}

/** An integer from `minimum` to `maximum`. */
export function integer(minimum: number, maximum: number, expected = `integer ${minimum}..${maximum}`): Shape<number> {
  return {
    expected,
    isOptional: false,
    read(value, path = '') {
      if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
      throw new Mismatch(path, expected, value);
    },
  };
}

/**
 * A string of at most `limit` bytes in JSON. A line is limited in bytes, and some characters have six bytes in JSON.
 *
 * @param form a pattern that the string must match, and its description
 */
export function text(
  limit: number,
  form?: { pattern: { test(value: string): boolean }; expected: string },
): Shape<string> {
  const expected = form?.expected ?? `text of at most ${limit} bytes`;
  return {
    expected,
    isOptional: false,
    read(value, path = '') {
      if (typeof value === 'string' && bytesInJSON(value) <= limit && (!form || form.pattern.test(value))) return value;
      throw new Mismatch(path, expected, value);
    },
  };
}

/** One of these values. */
export function oneOf<const V extends string | number | boolean>(...values: readonly V[]): Shape<V> {
  const expected = values.map((value) => JSON.stringify(value)).join(' or ');
  return {
    expected,
    isOptional: false,
    read(value, path = '') {
      const found = values.find((allowed) => allowed === value);
      if (found !== undefined) return found;
      throw new Mismatch(path, expected, value);
    },
  };
}

/** A field that may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  const { expected } = shape;
  return { expected, isOptional: true, read: (value, path) => shape.read(value, path) };
}

/**
 * An object with these fields.
 *
 * @param others whether a field that is not declared is refused, or left out of the copy
 */
export function object<const F extends Fields>(
  fields: F,
  others: 'refused' | 'ignored' = 'refused',
): ObjectShape<ObjectOf<F>> {
  const expected = `{ ${Object.entries(fields).map(fieldText).join(', ')} }`.replace('{  }', '{}');
  return {
    expected,
    fields,
    isOptional: false,
    read(value, path = '') {
      if (!isObject(value)) throw new Mismatch(path, 'an object', value);
      const prefix = path && `${path}.`;
      for (const name of Object.keys(value)) {
        if (others === 'refused' && !Object.hasOwn(fields, name)) {
          const known = Object.keys(fields).join(', ') || 'no field';
          throw new Mismatch(`${prefix}${excerpt(name)}`, `${known} and nothing else`, value[name]);
        }
      }
      const copy: Record<string, unknown> = {};
      for (const [name, shape] of Object.entries(fields)) {
        const field = Object.hasOwn(value, name) ? value[name] : undefined;
        if (field !== undefined || !shape.isOptional) copy[name] = shape.read(field, prefix + name);
      }
      // Each field of F was read by its own shape.
      return copy as ObjectOf<F>;
    },
  };
}

/** A list of any length, whose items have that shape. */
export function list<T>(shape: Shape<T>): Shape<T[]> {
  const expected = `[${shape.expected}, ...]`;
  return {
    expected,
    isOptional: false,
    read(value, path = '') {
      if (!Array.isArray(value)) throw new Mismatch(path, 'a list', value);
      return value.map((item, i) => shape.read(item, `${path}[${i}]`));
    },
  };
}

type VariantOf<K extends string, C extends Readonly<Record<string, Fields>>> = {
  [V in keyof C & string]: { [T in K]: V } & ObjectOf<C[V]>;
}[keyof C & string];

/** An object whose field `tag` decides which other fields it has. */
export function variants<const K extends string, const C extends Readonly<Record<string, Fields>>>(
  tag: K,
  cases: C,
): Shape<VariantOf<K, C>> {
  const shapes = new Map(
    Object.entries(cases).map(([name, fields]) => [name, object({ [tag]: oneOf(name), ...fields })]),
  );
  const tags = [...shapes.keys()].map((name) => JSON.stringify(name)).join(' or ');
  return {
    expected: [...shapes.values()].map((shape) => shape.expected).join(' or '),
    isOptional: false,
    read(value, path = '') {
      if (!isObject(value)) throw new Mismatch(path, 'an object', value);
      const name = Object.hasOwn(value, tag) ? value[tag] : undefined;
      const shape = typeof name === 'string' ? shapes.get(name) : undefined;
      if (!shape) throw new Mismatch(path ? `${path}.${tag}` : tag, tags, name);
      // The shape is the one of this variant.
      return shape.read(value, path) as VariantOf<K, C>;
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const fieldText = ([name, { expected, isOptional }]: readonly [string, Shape<unknown>]): string =>
  `${name}${isOptional ? '?' : ''}: ${expected}`;

/** The bytes of the string in JSON, without its quotes. */
function bytesInJSON(value: string): number {
  return Buffer.byteLength(JSON.stringify(value)) - 2;
}

const LONGEST_EXCERPT = 80;

/** The received value as text, cut for a sentence. */
export function excerpt(value: unknown): string {
  const whole = typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : String(value);
  return whole.length > LONGEST_EXCERPT ? `${whole.slice(0, LONGEST_EXCERPT)}...` : whole;
}
