import { CtrlIfError } from '../errors.ts';
import type { FieldDescription, MessageDescription } from '../wire/description.ts';

/** A difference between two definitions of one message. */
export interface Difference {
  /** The controller's name of the message. */
  message: string;
  field?: string;
  /** The difference in words, after "differs: ". */
  text: string;
}

/** The first difference between two definitions of one message: in its name or type, then its fields in order, then the rest. */
export function differenceOf(own: MessageDescription, theirs: MessageDescription): Difference | undefined {
  const message = own.name;
  if (own.name !== theirs.name) {
    const number = `type ${own.type}, subtype ${own.subtype}`;
    return { message, text: `${number} is ${clip(own.name)} at the controller and ${clip(theirs.name)} at the guest` };
  }
  for (const key of ['type', 'subtype'] as const)
    if (own[key] !== theirs[key]) return { message, field: key, text: sides(`its ${key}`, own[key], theirs[key]) };
  const inFields = fieldDifference(own.fields, theirs.fields);
  if (inFields) return { message, ...inFields };
  for (const key of ['direction', 'response'] as const)
    if (own[key] !== theirs[key])
      return { message, field: key, text: sides(`its ${key}`, clip(own[key]), clip(theirs[key])) };
  return undefined;
}

export function definitionError({ message, field, text }: Difference): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DEFINITION', `${clip(message)} differs: ${text}`, {
    advice: 'give both sides the same definition',
    subject: clip(message),
    expected: 'the same definition on both sides',
    ...(field !== undefined && { field: clip(field) }),
  });
}

type Fields = readonly FieldDescription[];

function fieldDifference(own: Fields, theirs: Fields): Omit<Difference, 'message'> | undefined {
  const index = firstIndex(own, theirs, (a, b) => textOf(a) !== textOf(b));
  if (index < 0) return undefined;
  const [a, b] = [own[index], theirs[index]];
  if (a && b && a.name === b.name) return { field: a.name, text: typeDifference(a, b) };
  const missingThere = own.find(({ name }) => !has(theirs, name));
  if (missingThere) return missing(missingThere, 'controller', 'guest');
  const missingHere = theirs.find(({ name }) => !has(own, name));
  if (missingHere) return missing(missingHere, 'guest', 'controller');
  return { field: a!.name, text: sides('the order of its fields', namesOf(own), namesOf(theirs)) };
}

function typeDifference(a: FieldDescription, b: FieldDescription): string {
  const [here, there] = a.type === b.type && a.role === b.role ? [bytes(a), bytes(b)] : [typeOf(a), typeOf(b)];
  return sides(`field ${clip(a.name)}`, here, there);
}

const missing = (field: FieldDescription, owner: string, other: string) => ({
  field: field.name,
  text: `field ${clip(field.name)}, ${typeOf(field)} at the ${owner}, is missing at the ${other}`,
});

const sides = (subject: string, own: string | number, theirs: string | number): string =>
  `${subject} is ${own} at the controller and ${theirs} at the guest`;

const has = (fields: Fields, name: string): boolean => fields.some((field) => field.name === name);
const textOf = ({ name, type, role, size }: FieldDescription): string => JSON.stringify([name, type, role, size]);
const bytes = ({ type, size }: FieldDescription): string => `${clip(type)} of ${size} bytes`;
/** The type as in the declaration: `u32`, `out(u32)`, `pad(4)`. */
const typeOf = ({ type, role, size }: FieldDescription): string =>
  role === 'in' ? clip(type) : role === 'out' ? `out(${clip(type)})` : `pad(${size})`;
const namesOf = (fields: Fields): string =>
  clip(
    fields
      .filter(({ role }) => role !== 'pad')
      .map(({ name }) => name)
      .join(', '),
    300,
  );

function firstIndex<T>(a: readonly T[], b: readonly T[], differ: (a: T, b: T) => boolean): number {
  const longest = Math.max(a.length, b.length);
  for (let i = 0; i < longest; i++) if (i >= a.length || i >= b.length || differ(a[i]!, b[i]!)) return i;
  return -1;
}

/** A text of the peer, cut and without the control characters of terminals. */
function clip(text: string, most = 64): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > most ? `${plain.slice(0, most)}...` : plain;
}
