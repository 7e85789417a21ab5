/** The channel between a Node process and its child, with either serialization. */
import type { Channel } from './channel.ts';
import type { Mark } from './checker.ts';
import { ENTRY_BYTES, entryFormat, type Format } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer } from './peer.ts';
import type { Front } from './transport.ts';
import { serve, WindowFront } from './window.ts';

/** As JSON 64 bytes, the sequence number among them: it counts from a million, so that it always has seven digits. */
interface JsonMessage {
  s: number;
  m: Mark;
  b: string;
}

const FIRST = 1_000_000;
const BODY = 'x'.repeat(ENTRY_BYTES - JSON.stringify({ s: FIRST, m: 0, b: '' } satisfies JsonMessage).length);

const json: Format<JsonMessage> = {
  message: (sequence, mark) => ({ s: FIRST + sequence, m: mark, b: BODY }),
  sequenceOf: ({ s }) => s - FIRST,
  markOf: ({ m }) => m,
};

const formatOf = ({ serialization }: Job) => (serialization === 'advanced' ? entryFormat() : json) as Format<object>;

export async function front(job: Job, peer: Peer): Promise<Front> {
  await peer.receive();
  const child = peer.child!;
  peer.detach();
  return new WindowFront({
    format: formatOf(job),
    send: (message) => child.send(message),
    listen(take) {
      child.on('message', (message: object) => {
        // The report that follows STOP comes over the same channel.
        if ('spentNs' in message) peer.deliver(message);
        else take(message);
      });
    },
  });
}

export function back(job: Job, starter: Channel): Promise<number> {
  starter.detach();
  const served = serve({
    format: formatOf(job),
    send: (message) => process.send!(message),
    listen: (take) => process.on('message', take),
  });
  starter.send('ready');
  return served;
}
