/** One request to a machine. */
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import { fromProblem } from './problem.ts';

export interface Question {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Resolves with the answer, once its headers are here; with the socket when it was upgraded. Rejects with the error told. */
export function ask(
  socketPath: string,
  { method, path, body, headers, signal }: Question,
): Promise<IncomingMessage | Duplex> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const question = request({
      socketPath,
      method,
      path,
      // A kept connection may be closed by the API just when it is used again.
      agent: false,
      ...(signal && { signal }),
      headers: { ...headers, ...(text !== undefined && jsonHeaders(text)) },
    });
    question.once('error', (error) => reject(unreachable(error, socketPath)));
    question.once('upgrade', (_, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    question.once('response', (response) => {
      const { statusCode = 0 } = response;
      if (statusCode < 400) resolve(response);
      else readJSONBody(response, socketPath).then((problem) => reject(fromProblem(problem, statusCode)), reject);
    });
    question.end(text);
  });
}

/** The whole of an answer; undefined where it is empty, its text where that is no JSON. */
export async function readJSONBody(response: IncomingMessage, socketPath: string): Promise<unknown> {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) text += chunk;
  } catch (error) {
    throw unreachable(error as Error, socketPath);
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a failing connection means. */
export function unreachable(error: NodeJS.ErrnoException, socketPath: string): CtrlIfError {
  const details = { subject: socketPath, cause: error };
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new CtrlIfError('ERR_CTRL_IF_NO_CONTROLLER', `no machine has its API at ${socketPath}`, {
        ...details,
        advice: 'start one with ctrl-if machine, under the same --name and CTRL_IF_RUNTIME_DIR',
      });
    case 'EACCES':
    case 'EPERM':
      return new CtrlIfError('ERR_CTRL_IF_RUNTIME_DIRECTORY', `the API at ${socketPath} is another user's`, {
        ...details,
        advice: 'ask as that user',
      });
    default:
      return new CtrlIfError('ERR_CTRL_IF_CLOSED', `the machine went away before it had answered (${error.message})`, {
        ...details,
        advice: 'see with ctrl-if list what it has done',
      });
  }
}

function jsonHeaders(text: string): Record<string, string | number> {
  return { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
}
