import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodecWith } from '../../lib/wire/codec.ts';
import {
  CtrlIfError,
  type MessageDefinition,
  type MessageInput,
  slotId,
  slotLength,
  slotSubtype,
  slotType,
} from '../../lib/wire/index.ts';
import {
  type AnyMessage,
  anyMessage,
  anySlot,
  chunk,
  definitions,
  everything,
  messageOf,
  visible,
} from './arbitraries.ts';
import { compilers } from './compilers.ts';

type Input = MessageInput<typeof everything | typeof chunk>;
const asInput = (message: AnyMessage) => message as unknown as Input;

/** Bytes of the payload that belong to a visible field. */
function meaningful(definition: MessageDefinition, length: number): Set<number> {
  const covered = new Set<number>();
  for (const { offset, type } of visible(definition)) {
    const end = type.tail === undefined ? offset + type.size : length;
    for (let i = offset; i < end; i++) covered.add(i);
  }
  return covered;
}

describe.each(compilers)('$how', ({ compile }) => {
  const codec = createCodecWith(compile, [everything, chunk]);

  describe.each(definitions.map((definition) => ({ name: definition.name, definition })))('$name', ({ definition }) => {
    it('decodes to what was encoded, anywhere in a buffer, with padding and tail zero', () => {
      fc.assert(
        fc.property(messageOf(definition), fc.nat(255), fc.nat(70), (message, id, offset) => {
          const target = new Uint8Array(140).fill(0xee);
          expect(codec.encode(asInput(message), id, target, offset)).toBe(target);
          expect(codec.decode(target, offset)).toStrictEqual(message);
          expect([slotType(target, offset), slotSubtype(target, offset), slotId(target, offset)]).toEqual([
            definition.type,
            definition.subtype,
            id,
          ]);
          const length = slotLength(target, offset);
          const covered = meaningful(definition, length);
          for (let i = 0; i < 60; i++) if (!covered.has(i)) expect(target[offset + 4 + i]).toBe(0);
          expect(target.subarray(0, offset).every((byte) => byte === 0xee)).toBe(true);
          expect(target.subarray(offset + 64).every((byte) => byte === 0xee)).toBe(true);
        }),
        { numRuns: 50 },
      );
    });

    it('passes through JSON text', () => {
      fc.assert(
        fc.property(messageOf(definition), fc.nat(255), (message, id) => {
          const text = JSON.stringify(codec.toJSON(asInput(message), id));
          const parsed = codec.fromJSON(JSON.parse(text));
          // JSON has no -0.
          const expected = message.g === 0 ? { ...message, g: 0 } : message;
          expect(parsed).toStrictEqual({ message: expected, id });
        }),
        { numRuns: 50 },
      );
    });

    it('may omit OUT fields, which are then zero', () => {
      fc.assert(
        fc.property(messageOf(definition), (message) => {
          const outs = visible(definition).filter(({ type }) => type.role === 'out');
          const without = { ...message };
          const zeroed = { ...message };
          for (const { name, type } of outs) {
            delete without[name];
            zeroed[name] = type.zero;
          }
          expect(codec.decode(codec.encode(asInput(without)))).toStrictEqual(zeroed);
          expect(codec.encode(asInput(without))).toEqual(codec.encode(asInput(zeroed)));
        }),
        { numRuns: 20 },
      );
    });
  });

  describe('any bytes', () => {
    it('either decode or throw a CtrlIfError, and what decodes encodes to the same meaning', () => {
      let decoded = 0;
      let refused = 0;
      fc.assert(
        fc.property(anySlot, (slot) => {
          const before = slot.slice();
          let message: ReturnType<typeof codec.decode>;
          try {
            message = codec.decode(slot);
          } catch (error) {
            expect(error).toBeInstanceOf(CtrlIfError);
            expect(['ERR_CTRL_IF_LENGTH', 'ERR_CTRL_IF_VALUE']).toContain((error as CtrlIfError).code);
            refused++;
            return;
          } finally {
            expect(slot).toEqual(before);
          }
          decoded++;
          const again = codec.encode(message as Input, slotId(slot));
          expect(codec.decode(again)).toStrictEqual(message);
          expect(again.subarray(0, 4)).toEqual(slot.subarray(0, 4));
        }),
        { numRuns: 3000 },
      );
      expect(decoded).toBeGreaterThan(500);
      expect(refused).toBeGreaterThan(500);
    });

    it('are refused as too short exactly when they are cut short', () => {
      fc.assert(
        fc.property(anyMessage, fc.nat(64), ({ message, id }, cut) => {
          const slot = codec.encode(asInput(message), id);
          const enough = cut >= 4 + slotLength(slot);
          const decode = () => codec.decode(slot.subarray(0, cut));
          if (enough) expect(decode()).toStrictEqual(message);
          else
            expect(decode).toThrow(
              expect.objectContaining({ code: 'ERR_CTRL_IF_SHORT_BUFFER', offset: cut, received: cut }),
            );
        }),
      );
    });
  });

  describe('a failing encode', () => {
    it('does not change the target, whichever field is invalid', () => {
      fc.assert(
        fc.property(
          anyMessage,
          fc.nat(20),
          fc.constantFrom(null, -1, 1.5, 'x'.repeat(100), {}),
          ({ message, definition }, pick, bad) => {
            const fields = visible(definition).filter(({ type }) => !type.accepts(bad));
            fc.pre(fields.length > 0);
            const { name, offset } = fields[pick % fields.length]!;
            const target = new Uint8Array(64).fill(0xee);
            expect(() => codec.encode(asInput({ ...message, [name]: bad }), 1, target)).toThrow(
              expect.objectContaining({ code: 'ERR_CTRL_IF_VALUE', field: name, offset: 4 + offset, received: bad }),
            );
            expect(target).toEqual(new Uint8Array(64).fill(0xee));
          },
        ),
      );
    });

    it('does not change the target when the id or the room is wrong', () => {
      fc.assert(
        fc.property(anyMessage, ({ message }) => {
          const target = new Uint8Array(70).fill(0xee);
          expect(() => codec.encode(asInput(message), 256, target)).toThrow(CtrlIfError);
          expect(() => codec.encode(asInput(message), 1, target, 7)).toThrow(CtrlIfError);
          expect(target).toEqual(new Uint8Array(70).fill(0xee));
        }),
      );
    });
  });
});
