/** Both ends of a message's way across: who sends it and times it, and who holds what comes against what was sent. */
import type { Endpoint } from '../domain/endpoint.ts';
import { type Direction, ID_OFFSET, type MessageInput, SEED_MESSAGES, seedCodec, slotLength } from '../wire/index.ts';
import { type Sample, sampleOf } from './samples.ts';

export type Way = Exclude<Direction, 'both'>;

/** Each message goes across so often: the median needs some, and the first pay for the compiler. */
export const REPETITIONS = 32;

/** The first byte that was not what it should have been. */
export interface Difference {
  byte: number;
  expected: number | undefined;
  received: number | undefined;
}

/** What the sender saw of one message on its way. */
export interface Crossing {
  name: string;
  way: Way;
  /** Bytes of the payload, as `length` says. */
  bytes: number;
  /** Microseconds from request() to the response, the median. */
  roundTrip: number;
  difference?: Difference;
}

/** What the receiver saw of it. */
export interface Arrival {
  compared: number;
  difference?: Difference;
}

/** By name. */
export type Arrivals = Record<string, Arrival>;

/** The samples of all messages that go that way, in the order of the wire table. */
export function samplesFor(way: Way): Sample[] {
  return SEED_MESSAGES.filter(({ direction }) => direction === way || direction === 'both').map(sampleOf);
}

/** Receives all that goes that way, compares all 64 bytes of each, and answers with the sample's answer. */
export function receiveAll(endpoint: Endpoint, way: Way): Arrivals {
  const arrivals: Arrivals = {};
  for (const { definition, requestBytes, answer } of samplesFor(way)) {
    const arrival: Arrival = { compared: 0 };
    arrivals[definition.name] = arrival;
    endpoint.receive(definition.name as 'CONSOLE_DATA', (_, { bytes, id }) => {
      requestBytes[ID_OFFSET] = id;
      arrival.compared++;
      noteDifference(arrival, requestBytes, bytes);
      return answer;
    });
  }
  return arrivals;
}

/** Sends all that goes that way, one after the other. */
export async function sendAll(endpoint: Endpoint, way: Way): Promise<Crossing[]> {
  const crossings: Crossing[] = [];
  for (const sample of samplesFor(way)) crossings.push(await send(endpoint, way, sample));
  return crossings;
}

async function send(endpoint: Endpoint, way: Way, { definition, request, responseBytes }: Sample): Promise<Crossing> {
  const crossing: Crossing = {
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
    noteDifference(crossing, responseBytes, seedCodec.encode(response, 0));
  }
  crossing.roundTrip = median(times);
  return crossing;
}

function noteDifference(where: { difference?: Difference }, expected: Uint8Array, received: Uint8Array): void {
  if (where.difference || Buffer.compare(expected, received) === 0) return;
  const length = Math.max(expected.length, received.length);
  for (let byte = 0; byte < length; byte++) {
    if (expected[byte] === received[byte]) continue;
    where.difference = { byte, expected: expected[byte], received: received[byte] };
    return;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
