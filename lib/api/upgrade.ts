import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import type { Closing } from './closing.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';

/** What a socket may become. */
export interface Upgrade {
  /** As in OpenAPI; at most one `{parameter}`. */
  readonly path: string;
  readonly upgrade: string;
  /** Rejects with what the client is told; else it is joined, or given back because nobody waits for it any more. */
  open(parameter: string, query: Readonly<Record<string, string>>): Promise<Upgraded>;
}

export interface Upgraded {
  /** From now on it has the socket, and ends with it; `closing` says when both must. */
  join(socket: Duplex, closing: Closing): void;
  giveBack(): void;
}

/** Answers a request for an upgrade. */
export async function upgrade(
  upgrades: readonly Upgrade[],
  closing: Closing,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // A client that goes away is no trouble of ours: what it leaves open is closed below.
  socket.on('error', () => {});
  const opening = open(upgrades, request);
  let opened: Upgraded;
  try {
    opened = await closing.before(opening);
  } catch (error) {
    refuse(socket, error);
    // One that the API did not wait for is given back when it comes.
    opening.then((late) => late.giveBack()).catch(() => {});
    return;
  }
  if (socket.destroyed) {
    opened.giveBack();
    return;
  }
  const protocol = request.headers.upgrade!.toLowerCase();
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  // What the client has sent behind its request is the first of what it says.
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
  throw new CtrlIfError('ERR_CTRL_IF_REQUEST', `only these can be upgraded, with GET: ${known}`, {
    advice: 'leave Upgrade out elsewhere',
    expected: known,
    received: headers.upgrade,
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CtrlIfError('ERR_CTRL_IF_REQUEST', `${text} is not a domain in an address`, {
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
