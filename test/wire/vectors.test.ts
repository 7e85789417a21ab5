import { describe, expect, it } from 'vitest';
import { createCodecWith } from '../../lib/wire/codec.ts';
import { type MessageInput, SEED_MESSAGES, slotId, slotLength } from '../../lib/wire/index.ts';
import { compilers } from './compilers.ts';
import { fromHex, messageOf, toCamel, toHex, vectors } from './conformance.ts';

const cases = vectors.map((vector, i) => ({ ...vector, title: `${i} ${vector.name} id ${vector.id}`, vector }));

describe.each(compilers)('golden vectors, $how', ({ compile }) => {
  const codec = createCodecWith(compile);

  it('are 126, three for each of the 42 messages', () => {
    expect(vectors).toHaveLength(126);
    const names = SEED_MESSAGES.flatMap(({ name }) => [name, name, name]);
    expect(vectors.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it.each(cases)('$title encodes', ({ vector, id, hex }) => {
    expect(toHex(codec.encode(messageOf(vector) as MessageInput, id))).toBe(hex);
  });

  it.each(cases)('$title decodes', ({ vector, id, hex }) => {
    const slot = fromHex(hex);
    expect(codec.decode(slot)).toStrictEqual(messageOf(vector));
    expect(slotId(slot)).toBe(id);
    expect(codec.decode(slot.subarray(0, 4 + slotLength(slot)))).toStrictEqual(messageOf(vector));
  });

  it.each(cases)('$title passes through JSON', ({ name, id, fields, hex }) => {
    const json = {
      name,
      id,
      ...Object.fromEntries(Object.entries(fields).map(([key, value]) => [toCamel(key), value])),
    };
    expect(codec.toJSON(codec.decode(fromHex(hex)), id)).toStrictEqual(json);
    const parsed = codec.fromJSON(JSON.parse(JSON.stringify(json)));
    expect(toHex(codec.encode(parsed.message, parsed.id))).toBe(hex);
  });
});
