/** All messages between this process and a second one, both ways, each byte compared. */
import type { Domain } from '../domain/domain.ts';
import { SEED_MESSAGES } from '../wire/index.ts';
import { microseconds, rounded } from './comparison-report.ts';
import {
  type Arrivals,
  type Crossing,
  type Difference,
  REPETITIONS,
  receiveAll,
  sendAll,
  type Way,
} from './crossing.ts';
import { paint, table } from './output.ts';
import type { SecondProcess } from './second-process.ts';

/** One message on one of its ways. */
export interface Row extends Crossing {
  /** What went wrong, in words; undefined for a message that arrived identical every time. */
  wrong: string | undefined;
}

/** @param domain what the second process was linked to first */
export async function exchangeAll(domain: Domain, second: SecondProcess): Promise<Row[]> {
  const toController = receiveAll(domain, 'toController');
  const sent = await sendAll(domain, 'toGuest');
  const { crossings = [], arrivals = {} } = await second.ask({ do: 'exchange' });
  return joinRows([...sent, ...crossings], { toGuest: arrivals, toController });
}

/** Joins what the senders saw with what the receivers saw; a message counts only if both found it identical every time. */
export function joinRows(crossings: readonly Crossing[], arrivals: Record<Way, Arrivals>): Row[] {
  const rows = crossings.map((crossing): Row => {
    const arrival = arrivals[crossing.way][crossing.name];
    const wrong =
      (arrival?.difference && `request, ${describe(arrival.difference)}`) ??
      (crossing.difference && `response, ${describe(crossing.difference)}`) ??
      (arrival?.compared === REPETITIONS ? undefined : `${arrival?.compared ?? 0} of ${REPETITIONS} arrived`);
    return { ...crossing, wrong };
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

/** Messages that arrived identical on every way that they have. */
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
