/** A transcoder that iterates over the fields. Tests compare generated transcoders with it. */
import { HEADER_BYTES, MESSAGE_BYTES } from '../layout.ts';
import { badField, ensureKeys, type Struct, visibleFields } from '../struct.ts';
import { type Transcoder, unreadable } from './transcoder.ts';

export function interpret({ fields, size }: Struct): Transcoder {
  const slot = new Uint8Array(MESSAGE_BYTES);
  const view = new DataView(slot.buffer);
  const visible = visibleFields(fields);
  return {
    slot,
    pack(message, values) {
      // Read once, so that the checked value is written even when the field is a getter.
      const given = visible.map(({ name, type }) => {
        const value = (values as Record<string, unknown>)[name];
        return value === undefined && type.role === 'out' ? type.zero : value;
      });
      ensureKeys(message, visible, values);
      for (let i = 0; i < given.length; i++)
        if (!visible[i]!.type.accepts(given[i])) throw badField(message, visible[i]!, given[i]);
      slot.fill(0);
      let length = size;
      for (let i = 0; i < given.length; i++) {
        const { offset, type } = visible[i]!;
        type.write(view, HEADER_BYTES + offset, given[i]);
        if (type.tail !== undefined) length += (given[i] as Uint8Array).length;
      }
      return length;
    },
    unpack(message, bytes, offset, length) {
      // Fields read from a DataView. Copying the bytes into the existing one costs less than making one of the caller's array.
      const from = offset - HEADER_BYTES;
      for (let i = 0; i < HEADER_BYTES + length; i++) slot[i] = bytes[from + i]!;
      const decoded: Record<string, unknown> = { name: message };
      for (const field of visible) {
        const value = field.type.read(view, HEADER_BYTES + field.offset, HEADER_BYTES + length);
        if (value === undefined) throw unreadable(message, field, bytes, offset);
        decoded[field.name] = value;
      }
      return decoded;
    },
  };
}
