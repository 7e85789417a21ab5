import { describe, expect, it } from 'vitest';
import * as constants from '../../lib/wire/constants.ts';
import * as wire from '../../lib/wire/layout.ts';
import { SEED_MESSAGES } from '../../lib/wire/messages.ts';
import type { Struct } from '../../lib/wire/struct.ts';
import * as blkif from '../../lib/wire/structs/blkif.ts';
import * as netif from '../../lib/wire/structs/netif.ts';
import * as system from '../../lib/wire/structs/system.ts';
import * as usbif from '../../lib/wire/structs/usbif.ts';
import { layout, toCamel, toSnake } from './conformance.ts';

const schemas: Record<string, Struct> = Object.fromEntries(
  Object.entries({ ...blkif, ...netif, ...system, ...usbif }).filter(([, schema]) => schema.cName !== null),
);
const { control_msg_t, control_if_t, ...payloads } = layout.lp64;

/** `char[USB_PATH_LEN]` as `char[16]`. */
const resolveType = (type: string): string =>
  type.replace(/\[([A-Z_]+)\]/, (_, name: string) => `[${layout.constants[name]}]`);

describe('layout.json', () => {
  it('has the constants of the header, no more and no fewer', () => {
    expect({ ...constants }).toEqual(layout.constants);
  });

  it('has our structs, no more and no fewer, each exported under its C name', () => {
    expect(Object.keys(schemas).sort()).toEqual(Object.keys(payloads).sort());
    for (const [name, schema] of Object.entries(schemas)) expect(schema.cName).toBe(name);
  });

  it.each(Object.entries(payloads))('%s: size, and name, type, offset and size of every field', (name, struct) => {
    const schema = schemas[name]!;
    expect(schema.size).toBe(struct.size);
    expect(schema.maxSize).toBe(struct.size);
    const ours = schema.fields.map((field) => ({
      name: toSnake(field.name),
      type: field.type.cType,
      offset: field.offset,
      size: field.type.size,
    }));
    expect(ours).toEqual(struct.fields.map((field) => ({ ...field, type: resolveType(field.type) })));
    expect(schema.fields.map((field) => field.name)).toEqual(struct.fields.map((field) => toCamel(field.name)));
  });

  it('has padding exactly where the header says __pad', () => {
    for (const schema of Object.values(schemas))
      for (const { name, type } of schema.fields) expect(type.role === 'pad').toBe(name.startsWith('__pad'));
  });

  it('differs on ilp32 only in the size of memory_t', () => {
    const widened = structuredClone(layout.ilp32);
    let narrow = 0;
    for (const struct of Object.values(widened))
      for (const field of struct.fields)
        if (field.type === 'memory_t') {
          expect(field.size).toBe(4);
          field.size = 8;
          narrow++;
        }
    expect(narrow).toBeGreaterThan(0);
    expect(widened).toEqual(layout.lp64);
  });

  it('lists our messages, in our order, with their payloads', () => {
    const ours = SEED_MESSAGES.map(({ name, type, subtype, struct }) => ({
      name,
      type,
      subtype,
      payload: struct.cName,
    }));
    expect(ours).toEqual(layout.messages);
    expect(ours).toHaveLength(42);
  });

  it('lays out the slot as we do', () => {
    expect(control_msg_t).toEqual({
      size: wire.MESSAGE_BYTES,
      fields: [
        { name: 'type', type: 'u8', offset: wire.TYPE_OFFSET, size: 1 },
        { name: 'subtype', type: 'u8', offset: wire.SUBTYPE_OFFSET, size: 1 },
        { name: 'id', type: 'u8', offset: wire.ID_OFFSET, size: 1 },
        { name: 'length', type: 'u8', offset: wire.LENGTH_OFFSET, size: 1 },
        { name: 'msg', type: 'u8[60]', offset: wire.PAYLOAD_OFFSET, size: wire.PAYLOAD_BYTES },
      ],
    });
    expect(wire.HEADER_BYTES).toBe(4);
  });

  it('lays out the rings as we do', () => {
    expect(control_if_t!.size).toBe(wire.CONTROL_IF_BYTES);
    expect(control_if_t!.fields).toEqual([
      { name: '__y', type: 'char[CONTROL_RING_MEM]', offset: wire.RX_RING_OFFSET, size: constants.CONTROL_RING_MEM },
    ]);
    expect(wire.TX_RING_OFFSET).toBe(0);
    expect([wire.REQ_PROD_OFFSET, wire.RSP_PROD_OFFSET, wire.SLOTS_OFFSET]).toEqual([0, 4, 8]);
    expect(wire.SLOTS_OFFSET + constants.CONTROL_RING_SIZE * wire.MESSAGE_BYTES).toBe(constants.CONTROL_RING_MEM);
  });

  it('masks free-running indices, across the wrap of u32 too', () => {
    expect([0, 7, 8, 0xffff_ffff, 2 ** 31].map(wire.MASK_CONTROL_IDX)).toEqual([0, 7, 0, 7, 0]);
  });
});
