import type { IncomingMessage } from 'node:http';

/** Far more than a domain's configuration, and little to hold for a client that sends it slowly. */
export const MAX_BODY_BYTES = 1 << 20;

/** The text of a request's body; undefined when it is too long. Rejects when the client goes away in the middle of it. */
export async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What is too long is read all the same and dropped: a client that still sends would not hear the refusal.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}
