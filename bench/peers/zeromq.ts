/** ZeroMQ over ipc: two DEALER sockets, which need not wait for each other as REQ and REP do. */
import { unlinkSync } from 'node:fs';
import { Dealer } from 'zeromq';
import type { Channel } from './channel.ts';
import { entryFormat } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer } from './peer.ts';
import { socketPath } from './socket-path.ts';
import type { Front } from './transport.ts';
import { type Pipe, serve, WindowFront } from './window.ts';

export async function front(_job: Job, peer: Peer): Promise<Front> {
  const dealer = new Dealer();
  dealer.connect(`ipc://${await peer.receive<string>()}`);
  return new WindowFront(pipeOf(dealer));
}

export async function back(_job: Job, starter: Channel): Promise<number> {
  const path = socketPath();
  const dealer = new Dealer();
  await dealer.bind(`ipc://${path}`);
  starter.send(path);
  const spentNs = await serve(pipeOf(dealer));
  unlinkSync(path);
  return spentNs;
}

const pipeOf = (dealer: Dealer): Pipe<Uint8Array> => ({
  format: entryFormat(),
  send(entry) {
    // With a window that is never full it goes out at once.
    dealer.send(entry).catch(fail);
  },
  listen(take) {
    const receive = async () => {
      for await (const [entry] of dealer) take(entry!);
    };
    receive().catch(fail);
  },
  close: () => dealer.close(),
});

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}
