import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import type { Closing } from './closing.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';

/** A protocol that a client may upgrade its socket to. */
export interface Upgrade {
  /** As in OpenAPI, with at most one `{parameter}`. */
  readonly path: string;
  readonly upgrade: string;
  /** The caller then calls `join`, or `giveBack` if the client has gone. Rejects with the error for the client. */
  open(parameter: string, query: Readonly<Record<string, string>>): Promise<Upgraded>;
}

export interface Upgraded {
  /** Takes over the socket and ends with it. The socket is destroyed when the API closes. */
  join(socket: Duplex, closing: Closing): void;
  giveBack(): void;
}

/** Answers a request for an upgrade: 101, or the error and the end of the socket. */
export async function upgrade(
  upgrades: readonly Upgrade[],
  closing: Closing,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // The failure of a client's socket is no failure of the API. Code below closes what the client leaves open.
  socket.on('error', () => {});
  const opening = open(upgrades, request);
  let opened: Upgraded;
  try {
    opened = await closing.before(opening);
  } catch (error) {
    refuse(socket, error);
    // The API may have closed before the open was done.
    opening.then((late) => late.giveBack()).catch(() => {});
    return;
  }
  if (socket.destroyed) {
    opened.giveBack();
    return;
  }
  const protocol = request.headers.upgrade!.toLowerCase();
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  // These bytes came behind the request and are the first of the new protocol.
  if (head.length > 0) socket.unshift(head);
  opened.join(socket, closing);
}

async function open(upgrades: readonly Upgrade[], { method, url = '', headers }: IncomingMessage): Promise<Upgraded> {
  const [path = '', query = ''] = url.split('?', 2);
  for (const candidate of upgrades) {
    const match = new RegExp(`^${candidate.path.replace(/\{\w+\}/, '([^/]+)')}$`).exec(path);
    if (!match || method !== 'GET' || headers.upgrade?.toLowerCase() !== candidate.upgrade) continue;
    return candidate.open(decoded(match[1] ?? ''), Object.fromEntries(new URLSearchParams(query)));
  }
  const known = upgrades.map(({ path, upgrade }) => `${path} to ${upgrade}`).join(', ');
  throw new CtrlIfError('ERR_CTRL_IF_REQUEST', `the API upgrades only these, with GET: ${known}`, {
    advice: 'send other requests without Upgrade',
    expected: known,
    received: headers.upgrade,
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CtrlIfError('ERR_CTRL_IF_REQUEST', `${text} is not a percent-encoded domain`, {
      advice: 'encode its % as %25',
    });
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const problem = toProblem(error);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nConnection: close\r\n` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
