/** ZeroMQ over ipc: REQ/REP for round trips, a PUSH/PULL pair each way for the stream. */
import { unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pull, Push, Reply, Request } from 'zeromq';
import { Checker, type Mark, NO_MARK, wrongSequence } from './checker.ts';
import { checkEntry, EntryPool, sequenceOf } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer, Port } from './peer.ts';
import type { Front, Streamed } from './transport.ts';

/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = 64;

interface Addresses {
  rpc: string;
  requests: string;
  responses: string;
}

export async function front(job: Job, peer: Peer): Promise<Front> {
  const addresses = (await peer.receive()) as Addresses;
  const request = new Request();
  const push = new Push();
  const pull = new Pull();
  request.connect(addresses.rpc);
  push.connect(addresses.requests);
  pull.connect(addresses.responses);
  const pool = new EntryPool();
  let sent = 0;
  let expected = 0;
  const check = (entry: Uint8Array) => {
    const sequence = sequenceOf(entry);
    if (sequence !== expected) throw wrongSequence('front', expected, sequence);
    expected++;
  };
  return {
    async roundTrips(count: number, mark: Mark): Promise<void> {
      for (let i = 0; i < count; i++) {
        await request.send(pool.next(sent++, mark));
        const [entry] = await request.receive();
        check(entry!);
      }
    },
    async streamFor(ms: number): Promise<Streamed> {
      const began = performance.now();
      for (let i = 0; i < job.window; i++) await push.send(pool.next(sent++, NO_MARK));
      for (let messages = 1; ; messages++) {
        const [entry] = await pull.receive();
        check(entry!);
        if (messages % LOOK_AT_CLOCK === 0) {
          const now = performance.now();
          if (now >= began + ms) {
            while (expected < sent) check((await pull.receive())[0]!);
            return { messages, elapsedNs: (now - began) * 1e6 };
          }
        }
        await push.send(pool.next(sent++, NO_MARK));
      }
    },
    close() {
      for (const socket of [request, push, pull]) socket.close();
    },
  };
}

export async function back(job: Job, port: Port): Promise<number> {
  const path = (name: string) => join(process.env.CTRL_IF_RUNTIME_DIR ?? tmpdir(), `bench-${process.pid}-${name}.sock`);
  const names = ['rpc', 'requests', 'responses'] as const;
  const [rpc, requests, responses] = names.map((name) => `ipc://${path(name)}`) as [string, string, string];
  const reply = new Reply();
  const pull = new Pull();
  const push = new Push();
  await Promise.all([reply.bind(rpc), pull.bind(requests), push.bind(responses)]);
  port.send({ rpc, requests, responses } satisfies Addresses);

  const checker = new Checker();
  const serve = async (from: Reply | Pull, to: Reply | Push) => {
    while (!checker.stopped) {
      const [entry] = await from.receive();
      checkEntry(checker, entry!);
      await to.send(entry!);
    }
  };
  // The marks come as round trips, before and after the stream.
  if (job.measure === 'stream') serve(pull, push).catch(() => {});
  await serve(reply, reply);
  for (const name of names) unlinkSync(path(name));
  return checker.spentNs;
}
