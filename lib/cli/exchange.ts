/** Sends all messages between this process and a second one, both ways, and compares each byte. */
import type { Domain } from '../domain/domain.ts';
import { SEED_MESSAGES } from '../wire/index.ts';
import { microseconds, rounded } from './comparison-report.ts';
import {
  type ReceivedMessages,
  type SentMessage,
  type Difference,
  REPETITIONS,
  receiveAll,
  sendAll,
  type Way,
} from './round-trip-check.ts';
import { paint, table } from './output.ts';
import type { SecondProcess } from './second-process.ts';

/** One message in one direction. */
export interface Row extends SentMessage {
  /** The error in words; undefined for a message that was identical each time. */
  wrong: string | undefined;
}

/** @param domain the first link to the second process */
export async function exchangeAll(domain: Domain, second: SecondProcess): Promise<Row[]> {
  const toController = receiveAll(domain, 'toController');
  const sentToGuest = await sendAll(domain, 'toGuest');
  const { sent = [], received = {} } = await second.ask({ do: 'exchange' });
  return joinRows([...sentToGuest, ...sent], { toGuest: received, toController });
}

/** Joins the results of senders and receivers. A message counts only if both found it identical each time. */
export function joinRows(sent: readonly SentMessage[], received: Record<Way, ReceivedMessages>): Row[] {
  const rows = sent.map((message): Row => {
    const entry = received[message.way][message.name];
    const wrong =
      (entry?.difference && `request, ${describe(entry.difference)}`) ??
      (message.difference && `response, ${describe(message.difference)}`) ??
      (entry?.compared === REPETITIONS ? undefined : `${entry?.compared ?? 0} of ${REPETITIONS} arrived`);
    return { ...message, wrong };
  });
  const order = new Map<string, number>(SEED_MESSAGES.map(({ name }, i) => [name, i]));
  return rows.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
}

function describe({ byte, expected, received }: Difference): string {
  return `byte ${byte}: sent ${hexByte(expected)}, received ${hexByte(received)}`;
}

const hexByte = (byte: number | undefined): string =>
  byte === undefined ? 'nothing' : `0x${byte.toString(16).padStart(2, '0')}`;

const DIRECTIONS: Record<Way, string> = {
  toGuest: 'controller → guest',
  toController: 'guest → controller',
};

export function rowsTable(rows: readonly Row[]): string[] {
  const columns = [
    { title: 'NAME' },
    { title: 'DIRECTION' },
    { title: 'BYTES', align: 'right' },
    { title: 'ROUND TRIP', align: 'right' },
    { title: '' },
  ] as const;
  return table(
    columns,
    rows.map(({ name, way, bytes, roundTrip, wrong }) => ({
      cells: [name, DIRECTIONS[way], String(bytes), `${microseconds(roundTrip)} µs`, wrong ?? ''],
      ...(wrong !== undefined && { style: 'red' as const }),
    })),
  );
}

/** The number of messages that arrived identical in each of their directions. */
export function identicalMessages(rows: readonly Row[]): number {
  return SEED_MESSAGES.filter(({ name, direction }) => {
    const own = rows.filter((row) => row.name === name);
    return own.length === (direction === 'both' ? 2 : 1) && own.every(({ wrong }) => wrong === undefined);
  }).length;
}

export function verdict(rows: readonly Row[]): string {
  const count = identicalMessages(rows);
  const total = SEED_MESSAGES.length;
  const sentence = `${count} of ${total} messages arrived identical, both ways checked`;
  return paint(count === total ? 'green' : 'red', sentence);
}

export function rowToJSON({ name, way, bytes, roundTrip, wrong }: Row): object {
  const identical = wrong === undefined;
  return { name, direction: way, bytes, roundTripMicroseconds: rounded(roundTrip), identical, ...(wrong && { wrong }) };
}
