/** The schemas of values that several operations take. */
import type { Schema, Static } from './schema.ts';

export const MAX_U16 = 0xffff;
export const MAX_U32 = 0xffff_ffff;

/** A domain's name. A name of digits only would be read as a domid, and a name of dots only as a path. */
export const domainName = {
  type: 'string',
  title: 'a name of 1 to 64 letters, digits, "-", "_" and ".", one of them neither a digit nor a dot',
  pattern: '^(?![0-9]+$)(?!\\.+$)[A-Za-z0-9._\\-]{1,64}$',
  examples: ['web'],
} as const satisfies Schema;

export const domainReference = {
  title: "a domain's name or domid",
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'integer', minimum: 0 },
  ],
} as const satisfies Schema;
/**
 * A domain, by its name or its domid. A string of digits is a domid. A restarted domain has the same name and another domid.
 */
export type DomainReference = Static<typeof domainReference>;

export const seconds = {
  type: 'number',
  title: 'a number of seconds, 0 or more',
  minimum: 0,
} as const satisfies Schema;
