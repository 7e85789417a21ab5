/**
 * Generates the transcoder of a struct as straight-line code with constant offsets, which V8 compiles to about the code of a C
 * compiler. The only text of the user in it are field names, which struct() has checked against VISIBLE_NAME.
 */

import type { FieldSource } from '../fields/field.ts';
import { HEADER_BYTES, MESSAGE_BYTES } from '../layout.ts';
import { badField, ensureKeys, type PlacedField, type Struct, visibleFields } from '../struct.ts';
import { makeTools } from './tools.ts';
import { type Transcoder, unreadable } from './transcoder.ts';

let tools: Record<string, unknown> | undefined;

/** Undefined for a struct with a field that has no source. @throws EvalError when code generation is forbidden */
export function generate({ fields, size }: Struct): Transcoder | undefined {
  const visible = visibleFields(fields);
  if (visible.some(({ type }) => !type.source)) return undefined;
  tools ??= makeTools();
  const slot = new Uint8Array(MESSAGE_BYTES);
  const scope: Record<string, unknown> = {
    ...tools,
    slot,
    view: new DataView(slot.buffer),
    bad(message: string, i: number, value: unknown, values: object) {
      // A missing field may be present under a mistyped name.
      ensureKeys(message, visible, values);
      return badField(message, visible[i]!, value);
    },
    ensureKeys: (message: string, values: object) => ensureKeys(message, visible, values),
    unreadable: (message: string, i: number, bytes: Uint8Array, offset: number) =>
      unreadable(message, visible[i]!, bytes, offset),
  };
  for (const [i, { type }] of visible.entries()) if (type.role === 'out') scope[`zero${i}`] = type.zero;
  const source = `'use strict';
    let used = 0;
    return {
      pack(message, values) { ${packBody(visible, size)} },
      unpack(message, bytes, offset, length) { ${unpackBody(visible)} },
    };`;
  const make = new Function(...Object.keys(scope), source);
  return { slot, ...make(...Object.values(scope)) };
}

/** Reads all values first: a getter that encodes the same message would change the slot between two fields. */
function packBody(visible: readonly PlacedField[], size: number): string {
  const lines = visible.map(({ name, type }, i) =>
    type.role === 'out'
      ? `let v${i} = values.${name}; if (v${i} === undefined) { v${i} = zero${i}; omitted++; }`
      : `const v${i} = values.${name};`,
  );
  lines.unshift('let omitted = 0;');
  lines.push(keyCheck(visible));
  for (const [i, { offset, type }] of visible.entries()) {
    const { pack } = type.source as FieldSource;
    lines.push(`{ ${pack(`v${i}`, HEADER_BYTES + offset, `throw bad(message, ${i}, v${i}, values);`)} }`);
  }
  const last = visible.at(-1);
  lines.push(last?.type.tail === undefined ? `return ${size};` : `return ${size} + used;`);
  return lines.join('\n');
}

/**
 * Counting the keys costs 3 to 7 ns a message, and comparing each with all names twice as much. So they are compared only when
 * their number is not that of the given fields. This misses a stray key when an accessor of a class gives one of the fields.
 */
const keyCheck = (visible: readonly PlacedField[]): string =>
  `let keys = 0;
  for (const key in values) keys++;
  if (keys !== ${visible.length + 1} - omitted) ensureKeys(message, values);`;

function unpackBody(visible: readonly PlacedField[]): string {
  const lines = ['const end = offset + length;'];
  for (const [i, { offset, type }] of visible.entries()) {
    const { unpack } = type.source as FieldSource;
    lines.push(`let v${i}; { ${unpack(`v${i}`, (byte) => `offset + ${offset + byte}`)} }`);
    lines.push(`if (v${i} === undefined) throw unreadable(message, ${i}, bytes, offset);`);
  }
  lines.push(`return { name: message, ${visible.map(({ name }, i) => `${name}: v${i}`).join(', ')} };`);
  return lines.join('\n');
}
