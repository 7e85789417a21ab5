/** Sends every message and times its round trip. The receiver and the sender compare each byte with the sample. */
import type { Endpoint } from '../domain/endpoint.ts';
import { type Direction, ID_OFFSET, type MessageInput, SEED_MESSAGES, seedCodec, slotLength } from '../wire/index.ts';
import { type Sample, sampleOf } from './samples.ts';

export type Way = Exclude<Direction, 'both'>;

/** Requests of each message: enough for a median, since the first ones also pay for compilation. */
export const REPETITIONS = 32;

/** The first wrong byte. */
export interface Difference {
  byte: number;
  expected: number | undefined;
  received: number | undefined;
}

/** What the sender measured for one message in one direction. */
export interface SentMessage {
  name: string;
  way: Way;
  /** Bytes of the payload: the slot's `length`. */
  bytes: number;
  /** Median microseconds from `request()` to the response. */
  roundTrip: number;
  difference?: Difference;
}

/** What the receiver counted for one message. */
export interface ReceivedMessage {
  /** Requests compared so far. */
  compared: number;
  difference?: Difference;
}

/** By the name of the message. */
export type ReceivedMessages = Record<string, ReceivedMessage>;

/** The samples of all messages of a direction, in the order of the wire table. */
export function samplesFor(way: Way): Sample[] {
  return SEED_MESSAGES.filter(({ direction }) => direction === way || direction === 'both').map(sampleOf);
}

/** Receives all messages of a direction, compares all 64 bytes of each, and answers with the sample's answer. */
export function receiveAll(endpoint: Endpoint, way: Way): ReceivedMessages {
  const received: ReceivedMessages = {};
  for (const { definition, requestBytes, answer } of samplesFor(way)) {
    const entry: ReceivedMessage = { compared: 0 };
    received[definition.name] = entry;
    endpoint.receive(definition.name as 'CONSOLE_DATA', (_, { bytes, id }) => {
      requestBytes[ID_OFFSET] = id;
      entry.compared++;
      noteDifference(entry, requestBytes, bytes);
      return answer;
    });
  }
  return received;
}

/** Sends all messages of a direction, one after the other. */
export async function sendAll(endpoint: Endpoint, way: Way): Promise<SentMessage[]> {
  const sent: SentMessage[] = [];
  for (const sample of samplesFor(way)) sent.push(await send(endpoint, way, sample));
  return sent;
}

async function send(
  endpoint: Endpoint,
  way: Way,
  { definition, request, responseBytes }: Sample,
): Promise<SentMessage> {
  const entry: SentMessage = {
    name: definition.name,
    way,
    bytes: slotLength(responseBytes),
    roundTrip: 0,
  };
  const times: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const began = performance.now();
    const response = await endpoint.request(request as MessageInput & { name: 'CONSOLE_DATA' });
    times.push((performance.now() - began) * 1000);
    noteDifference(entry, responseBytes, seedCodec.encode(response, 0));
  }
  entry.roundTrip = median(times);
  return entry;
}

function noteDifference(entry: { difference?: Difference }, expected: Uint8Array, received: Uint8Array): void {
  if (entry.difference || Buffer.compare(expected, received) === 0) return;
  const length = Math.max(expected.length, received.length);
  for (let byte = 0; byte < length; byte++) {
    if (expected[byte] === received[byte]) continue;
    entry.difference = { byte, expected: expected[byte], received: received[byte] };
    return;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
