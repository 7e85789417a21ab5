/**
 * The transcoder that is made for its struct: straight-line code with every offset in it, which V8 compiles to what a C compiler
 * would make of it. Field names in the source were held against VISIBLE_NAME by struct(); nothing else of the user's gets there.
 */

import type { FieldSource } from '../fields/field.ts';
import { HEADER_BYTES, MESSAGE_BYTES } from '../layout.ts';
import { badField, ensureKeys, type PlacedField, type Struct, visibleFields } from '../struct.ts';
import { makeTools } from './tools.ts';
import { type Transcoder, unreadable } from './transcoder.ts';

let tools: Record<string, unknown> | undefined;

/** Undefined for a struct with a field that has no source. @throws EvalError where code must not be generated */
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
      // A field that is missing may be there under another name.
      ensureKeys(message, visible, values);
      return badField(message, visible[i]!, value);
    },
    ensureKeys: (message: string, values: object) => ensureKeys(message, visible, values),
    unreadable: (message: string, i: number, bytes: Uint8Array, at: number) =>
      unreadable(message, visible[i]!, bytes, at),
  };
  for (const [i, { type }] of visible.entries()) if (type.role === 'out') scope[`zero${i}`] = type.zero;
  const source = `'use strict';
    let used = 0;
    return {
      pack(message, values) { ${packBody(visible, size)} },
      unpack(message, bytes, at, length) { ${unpackBody(visible)} },
    };`;
  const make = new Function(...Object.keys(scope), source);
  return { slot, ...make(...Object.values(scope)) };
}

/** All values are read first: a getter that encodes the same message would else change the slot between two fields. */
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
 * Counting the keys costs 3 to 7 ns a message, and comparing each with all names twice as much; so they are compared only
 * where there are others than fields that were given. What this does not see is a stray key beside a field that an accessor
 * of a class gives.
 */
const keyCheck = (visible: readonly PlacedField[]): string =>
  `let keys = 0;
  for (const key in values) keys++;
  if (keys !== ${visible.length + 1} - omitted) ensureKeys(message, values);`;

function unpackBody(visible: readonly PlacedField[]): string {
  const lines = ['const end = at + length;'];
  for (const [i, { offset, type }] of visible.entries()) {
    const { unpack } = type.source as FieldSource;
    lines.push(`let v${i}; { ${unpack(`v${i}`, (byte) => `at + ${offset + byte}`)} }`);
    lines.push(`if (v${i} === undefined) throw unreadable(message, ${i}, bytes, at);`);
  }
  lines.push(`return { name: message, ${visible.map(({ name }, i) => `${name}: v${i}`).join(', ')} };`);
  return lines.join('\n');
}
