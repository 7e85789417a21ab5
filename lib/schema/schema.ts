/** The part of JSON Schema (2020-12) in which the machine's shapes are stated, and the types that they describe. */
import type { XStatic } from 'typebox/schema';

export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  /** The allowed values, as words that follow "must be": `a whole number from 1 to 32`. Default: derived from the other keywords. */
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
}

/** The type of the values that schema `S` allows. */
export type Static<S> = Immutable<XStatic<S>>;

type Immutable<T> = { readonly [Key in keyof T]: Immutable<T[Key]> };
