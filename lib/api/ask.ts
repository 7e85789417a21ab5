/** One request to a machine. */
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import { fromProblem } from './problem.ts';

export interface ApiRequest {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Sends a request. Resolves with the answer when its headers have arrived, or with the socket if it was upgraded.
 *
 * @throws CtrlIfError the error that the answer holds, or {@link unreachable}
 */
export function ask(
  socketPath: string,
  { method, path, body, headers, signal }: ApiRequest,
): Promise<IncomingMessage | Duplex> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      method,
      path,
      // The API may close a kept connection at the moment of its next use.
      agent: false,
      ...(signal && { signal }),
      headers: { ...headers, ...(text !== undefined && jsonHeaders(text)) },
    });
    outgoing.once('error', (error) => reject(unreachable(error, socketPath)));
    outgoing.once('upgrade', (_, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.once('response', (response) => {
      const { statusCode = 0 } = response;
      if (statusCode < 400) resolve(response);
      else readJSONBody(response, socketPath).then((problem) => reject(fromProblem(problem, statusCode)), reject);
    });
    outgoing.end(text);
  });
}

/** Reads the body of an answer. Resolves with undefined if it is empty, and with its text if it is not JSON. */
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

/** The error for a connection that has failed. */
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
        advice: 'run the command as that user',
      });
    default:
      return new CtrlIfError(
        'ERR_CTRL_IF_CLOSED',
        `the connection to the machine ended before its answer (${error.message})`,
        {
          ...details,
          advice: 'check with ctrl-if list whether the machine runs and has done it',
        },
      );
  }
}

function jsonHeaders(text: string): Record<string, string | number> {
  return { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
}
