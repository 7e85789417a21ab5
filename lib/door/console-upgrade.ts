import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import type { MachineOperations } from '../machine/operations.ts';
import type { Closing } from './closing.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';
import { toReference } from './read-request.ts';
import { CONSOLE_PATH, CONSOLE_PROTOCOL } from './routes.ts';

const CONSOLE = new RegExp(`^${CONSOLE_PATH.replace('{domain}', '([^/]+)')}$`);

/** Answers a request for an upgrade: the socket becomes the console, with the back-pressure of both. */
export async function upgradeToConsole(
  machine: MachineOperations,
  closing: Closing,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // A client that goes away is no trouble of ours: what it leaves open is closed below.
  socket.on('error', () => {});
  const opening = openConsole(machine, request);
  let console: Duplex;
  try {
    console = await closing.before(opening);
  } catch (error) {
    refuse(socket, error);
    // One that the door did not wait for is given back when it comes.
    opening.then((late) => late.destroy()).catch(() => {});
    return;
  }
  if (socket.destroyed) {
    console.destroy();
    return;
  }
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${CONSOLE_PROTOCOL}\r\n\r\n`);
  // What the client has sent behind its request is the first of its typing.
  if (head.length > 0) socket.unshift(head);
  join(socket, console, closing);
}

async function openConsole(
  machine: MachineOperations,
  { method, url = '', headers }: IncomingMessage,
): Promise<Duplex> {
  const match = CONSOLE.exec(url.split('?')[0]!);
  if (method !== 'GET' || !match || headers.upgrade?.toLowerCase() !== CONSOLE_PROTOCOL) {
    const sentence = `only ${CONSOLE_PATH} can be upgraded, with GET and to ${CONSOLE_PROTOCOL}; leave Upgrade out elsewhere`;
    throw new CtrlIfError('ERR_CTRL_IF_REQUEST', sentence, { expected: CONSOLE_PROTOCOL, received: headers.upgrade });
  }
  return machine.console(toReference(decoded(match[1]!)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CtrlIfError('ERR_CTRL_IF_REQUEST', `${text} is not a domain in an address; encode its % as %25`);
  }
}

function join(socket: Duplex, console: Duplex, closing: Closing): void {
  const forget = closing.onClose(() => socket.destroy());
  socket.pipe(console);
  console.pipe(socket);
  console.on('error', () => socket.destroy());
  // The client has ended its side or has gone, which look the same. What it typed has been taken.
  console.on('finish', () => socket.destroy());
  // The domain has ended: the client gets what is on its way to it, and what it still types reaches nobody.
  console.on('close', () => {
    socket.end();
    socket.resume();
  });
  socket.on('close', () => {
    forget();
    console.destroy();
  });
}

function refuse(socket: Duplex, error: unknown): void {
  const problem = toProblem(error);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nConnection: close\r\n` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
