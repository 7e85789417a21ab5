import { describe, expect, it } from 'vitest';
import {
  type SentMessage,
  REPETITIONS,
  receiveAll,
  samplesFor,
  sendAll,
  type Way,
} from '../../lib/cli/round-trip-check.ts';
import { identicalMessages, joinRows, rowsTable, verdict } from '../../lib/cli/exchange.ts';
import { sampleOf } from '../../lib/cli/samples.ts';
import type { Endpoint } from '../../lib/index.ts';
import { HEADER_BYTES, type MessageInput, SEED_MESSAGES, seedCodec } from '../../lib/wire/index.ts';

type Handler = (message: object, request: { bytes: Uint8Array; id: number }) => object;

/** An endpoint that receives its own requests. `spoil` may change the bytes in between. */
class Wire {
  readonly #handlers = new Map<string, Handler>();
  readonly #spoil: (bytes: Uint8Array, kind: 'request' | 'response') => void;

  constructor(spoil: (bytes: Uint8Array, kind: 'request' | 'response') => void = () => {}) {
    this.#spoil = spoil;
  }

  get endpoint(): Endpoint {
    return this as unknown as Endpoint;
  }

  receive(name: string, handler: Handler): void {
    this.#handlers.set(name, handler);
  }

  async request(message: MessageInput): Promise<object> {
    const id = 5;
    const bytes = seedCodec.encode(message, id);
    this.#spoil(bytes, 'request');
    const answer = this.#handlers.get(message.name)!(seedCodec.decode(bytes), { bytes, id });
    const response = seedCodec.encode({ ...message, ...answer } as MessageInput, id);
    this.#spoil(response, 'response');
    return seedCodec.decode(response);
  }
}

async function exchange(spoil?: ConstructorParameters<typeof Wire>[0]) {
  const sent: SentMessage[] = [];
  const [toGuest, toController] = await Promise.all(
    (['toGuest', 'toController'] as Way[]).map(async (way) => {
      const { endpoint } = new Wire(spoil);
      const entries = receiveAll(endpoint, way);
      sent.push(...(await sendAll(endpoint, way)));
      return entries;
    }),
  );
  return { sent, received: { toGuest: toGuest!, toController: toController! } };
}

describe('samples', () => {
  it.each(SEED_MESSAGES.map((definition) => [definition.name, definition] as const))(
    '%s has no zero byte except padding and the end of a C string',
    (_, definition) => {
      const { requestBytes, responseBytes, answer } = sampleOf(definition);
      for (const { offset, type } of definition.struct.fields) {
        const bytes = requestBytes.subarray(HEADER_BYTES + offset, HEADER_BYTES + offset + (type.tail ?? type.size));
        if (type.role === 'pad') expect([...bytes]).toEqual(new Array(type.size).fill(0));
        else if (type.cType.startsWith('char[')) expect(bytes.indexOf(0)).toBe(bytes.length - 1);
        else expect([...bytes]).not.toContain(0);
      }
      expect(requestBytes[3]).toBe(definition.struct.maxSize);
      const outs = definition.struct.fields.filter(({ type }) => type.role === 'out').map(({ name }) => name);
      expect(Object.keys(answer)).toEqual(outs);
      if (outs.length > 0) expect(responseBytes).not.toEqual(requestBytes);
    },
  );

  it('are the same each time, and differ from each other', () => {
    const all = SEED_MESSAGES.map((definition) => Buffer.from(sampleOf(definition).requestBytes).toString('hex'));
    expect(SEED_MESSAGES.map((definition) => Buffer.from(sampleOf(definition).requestBytes).toString('hex'))).toEqual(
      all,
    );
    expect(new Set(all).size).toBe(SEED_MESSAGES.length);
  });

  it('go in each direction that the wire table has for the message', () => {
    expect(samplesFor('toGuest').length + samplesFor('toController').length).toBe(SEED_MESSAGES.length + 2);
  });
});

describe('the verdict', () => {
  it('is 42 of 42 when no byte changes', async () => {
    const { sent, received } = await exchange();
    const rows = joinRows(sent, received);
    expect(identicalMessages(rows)).toBe(42);
    expect(verdict(rows)).toBe('42 of 42 messages arrived identical, both ways checked');
    expect(rows.map(({ name }) => name)).toEqual(
      SEED_MESSAGES.flatMap(({ name, direction }) => (direction === 'both' ? [name, name] : [name])),
    );
  });

  it.each(['request', 'response'] as const)('names the message with one changed byte in one %s', async (kind) => {
    let left = 1;
    const { sent, received } = await exchange((bytes, which) => {
      const isChosen = which === kind && bytes[0] === 1 && bytes[1] === 2;
      if (isChosen && left-- === 1) bytes[17]! ^= 0x40;
    });
    const rows = joinRows(sent, received);
    expect(verdict(rows)).toMatch(/^41 of 42/);
    const wrong = rows.filter((row) => row.wrong !== undefined);
    expect(wrong).toMatchObject([
      { name: 'BLKIF_BE_CONNECT', wrong: expect.stringMatching(`^${kind}, byte 17: sent 0x`) },
    ]);
    expect(rowsTable(rows).join('\n')).toMatch(new RegExp(`BLKIF_BE_CONNECT.*${kind}, byte 17`));
  });

  it('needs the results of the receiver too', async () => {
    const { sent, received } = await exchange();
    received.toGuest.VCPU_HOTPLUG_ON!.compared--;
    delete received.toController.CONSOLE_DATA;
    const rows = joinRows(sent, received);
    expect(identicalMessages(rows)).toBe(40);
    expect(rows.filter(({ wrong }) => wrong !== undefined)).toMatchObject([
      { name: 'CONSOLE_DATA', wrong: `0 of ${REPETITIONS} arrived` },
      { name: 'VCPU_HOTPLUG_ON', wrong: `${REPETITIONS - 1} of ${REPETITIONS} arrived` },
    ]);
  });

  it('does not count a message that was not sent', async () => {
    const { sent, received } = await exchange();
    expect(identicalMessages(joinRows(sent.slice(1), received))).toBe(41);
  });
});
