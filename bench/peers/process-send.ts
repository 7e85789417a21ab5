/** The channel between a Node process and its child, with either serialization. */
import { Checker, type Mark } from './checker.ts';
import { checkEntry, ENTRY_BYTES, EntryPool, sequenceOf } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer, Port } from './peer.ts';
import type { Front } from './transport.ts';
import { WindowFront } from './window.ts';

/** As JSON 64 bytes, the sequence number among them: it counts from a million, so that it always has seven digits. */
interface JsonMessage {
  s: number;
  m: number;
  b: string;
}

const FIRST = 1_000_000;
const BODY = 'x'.repeat(ENTRY_BYTES - JSON.stringify({ s: FIRST, m: 0, b: '' } satisfies JsonMessage).length);

export async function front(job: Job, peer: Peer): Promise<Front> {
  await peer.receive();
  const child = peer.child!;
  const pool = new EntryPool();
  const send =
    job.serialization === 'advanced'
      ? (sequence: number, mark: Mark) => child.send(pool.next(sequence, mark))
      : (sequence: number, mark: Mark) => child.send({ s: FIRST + sequence, m: mark, b: BODY } satisfies JsonMessage);
  const receive =
    job.serialization === 'advanced'
      ? (message: unknown) => window.receive(sequenceOf(message as Uint8Array))
      : (message: unknown) => window.receive((message as JsonMessage).s - FIRST);
  peer.detach();
  // The report that follows STOP comes over the same channel.
  const listen = (message: object) => {
    if ('spentNs' in message) peer.deliver(message);
    else receive(message);
  };
  const window = new WindowFront(job.window, send, () => child.off('message', listen));
  child.on('message', listen);
  return window;
}

export function back(job: Job, port: Port): Promise<number> {
  port.detach();
  return new Promise((resolve) => {
    const checker: Checker = new Checker(() => setImmediate(() => resolve(checker.spentNs)));
    const check =
      job.serialization === 'advanced'
        ? (message: unknown) => checkEntry(checker, message as Uint8Array)
        : (message: unknown) => checker.take((message as JsonMessage).s - FIRST, (message as JsonMessage).m);
    process.on('message', (message) => {
      check(message);
      process.send!(message);
    });
    port.send('ready');
  });
}
