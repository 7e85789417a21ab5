/** A definition as plain data, which two processes can compare. It has exactly the facts that both sides must agree on. */
import type { Direction, MessageDefinition, ResponseRule } from './definition.ts';
import type { FieldRole } from './fields/field.ts';
import type { PlacedField } from './struct.ts';

export interface FieldDescription {
  readonly name: string;
  /** The declared type: `u32`, `char[8]`, `u8[] of at most 20`. For an alias, the type that it stands for. */
  readonly type: string;
  readonly role: FieldRole;
  /** In bytes. */
  readonly size: number;
}

/** `deferred` is not part of it, because each side decides that for itself. */
export interface MessageDescription {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly direction: Direction;
  readonly response: string;
  /** All fields in order, with the padding. */
  readonly fields: readonly FieldDescription[];
}

export function describe({ name, type, subtype, direction, response, struct }: MessageDefinition): MessageDescription {
  return { name, type, subtype, direction, response: responseText(response), fields: struct.fields.map(describeField) };
}

function describeField({ name, type: field }: PlacedField): FieldDescription {
  const type = field.wireType ?? field.cType;
  const most = field.tail === undefined ? '' : ` of at most ${field.tail}`;
  return { name, type: type + most, role: field.role, size: field.size };
}

function responseText(rule: ResponseRule): string {
  return rule.kind === 'status' ? `status in ${rule.field} (${rule.okay} okay, ${rule.error} error)` : rule.kind;
}

/** The order of messages: by type, then subtype. */
export const messageNumber = ({ type, subtype }: { type: number; subtype: number }): number => type * 256 + subtype;
