import type { IncomingMessage } from 'node:http';

/** Much more than a domain's configuration has, and little memory for each client that sends slowly. */
export const MAX_BODY_BYTES = 1 << 20;

/** Reads the text of a request's body. Resolves with undefined if it is too long. Rejects if the client disconnects before its end. */
export async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // The rest of a long body is read and dropped, because a client that still sends does not read the refusal.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}
