import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { extname } from 'node:path';
import type { Duplex } from 'node:stream';
import { Controller } from '../domain/controller.ts';
import type { Domain } from '../domain/domain.ts';
import { CtrlIfError, type CtrlIfErrorCode, type CtrlIfErrorDetails } from '../errors.ts';
import type { ReceivedMessages, SentMessage } from './round-trip-check.ts';
import type { EndReason } from './lifetime.ts';
import { ECHO_DESCRIPTOR, SocketEcho } from './socket-echo.ts';

/** A command to the second process over Node's IPC channel: one at a time, each answered by one {@link Reply}. */
export type Command =
  /** Connect to the controller `name`. On the first link, receive all messages that go to a guest. */
  | { do: 'connect'; name: string; engine: 'native' | 'file' }
  /** On the first link, send all messages that go to the controller. The reply has the results of both directions. */
  | { do: 'exchange' }
  /** Send `message` back unchanged. */
  | { do: 'echo'; message: object };

export interface Reply {
  sent?: SentMessage[];
  received?: ReceivedMessages;
  message?: object;
  failed?: { code: CtrlIfErrorCode; message: string };
}

/** Milliseconds for all of the work with the second process. */
const DEADLINE = 20_000;
const TRY_DOCTOR = { advice: 'run ctrl-if doctor' };

/** A child process with guests. This process has their controllers. */
export class SecondProcess {
  readonly pid: number;
  /** Over a Unix-domain socket to the second process. */
  readonly socket: SocketEcho;
  /** Aborted with the error that ends the work. */
  readonly #failure = new AbortController();
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #name = `exchange-${process.pid}-${randomBytes(3).toString('hex')}`;
  readonly #controllers: Controller[] = [];
  #settle: { resolve(reply: Reply): void; reject(error: unknown): void } | undefined;

  constructor() {
    // The program has the extension of this file: .ts in lib, .js in dist.
    const program = new URL(`./exchange-guest${extname(import.meta.url)}`, import.meta.url);
    // Node's 'pipe' is a pair of Unix-domain sockets. They have no name in the file system, so none is left behind.
    this.#process = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'] });
    this.socket = new SocketEcho(this.#process.stdio[ECHO_DESCRIPTOR] as Duplex);
    this.pid = this.#process.pid ?? 0;
    this.#process.on('message', (reply: Reply) => {
      const { code, message } = reply.failed ?? {};
      if (code) this.#settle?.reject(new CtrlIfError(code, `in the guest's process: ${message}`));
      else this.#settle?.resolve(reply);
    });
    const ended = (how: string) =>
      this.giveUp('ERR_CTRL_IF_PEER_DIED', `the guest's process ${how} before it was done`, TRY_DOCTOR);
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(ended(`could not be started or reached (${error.message})`)));
      this.#process.once('exit', (code, signal) =>
        resolve(ended(signal ? `was ended by ${signal}` : `exited with ${code}`)),
      );
    });
  }

  ask(command: Command): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#process.send(command, (error) => error && reject(error));
    });
  }

  /** Starts a controller for one more link, and has the second process connect to it. */
  async link(engine: 'native' | 'file'): Promise<Domain> {
    const name = `${this.#name}-${this.#controllers.length}`;
    const controller = await Controller.listen({ name, engine });
    this.#controllers.push(controller);
    const connected = once(controller, 'domain') as Promise<[Domain]>;
    await this.ask({ do: 'connect', name, engine });
    const [domain] = await connected;
    return domain;
  }

  /** Ends the work with an error. */
  giveUp(code: CtrlIfErrorCode, sentence: string, details: CtrlIfErrorDetails = {}): void {
    const error = new CtrlIfError(code, sentence, details);
    this.#failure.abort(error);
    this.#settle?.reject(error);
  }

  /** Settles as `work` does, or rejects when the work is given up. Before that it ends the process and the controllers. */
  async during<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#failure;
    const givenUp = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (signal.aborted) reject(signal.reason);
    });
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      // After the disconnect the process closes its links and exits. A stopped process cannot: it is killed at the deadline.
      if (this.#process.connected) this.#process.disconnect();
      if (signal.aborted) this.#process.kill('SIGKILL');
      signal.addEventListener('abort', () => this.#process.kill('SIGKILL'));
      await this.#exited;
      await this.#closeControllers();
      // The work has failed by now, but it may have started one more controller before.
      await work.catch(() => {});
      await this.#closeControllers();
    }
  }

  async #closeControllers(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.close()));
  }
}

/**
 * Runs `work` with a second process, and ends that process. Undefined when the output was closed by its reader.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_PEER_DIED` when the second process dies, `ERR_CTRL_IF_TIMEOUT` after 20 s,
 * `ERR_CTRL_IF_ABORTED` when `interrupted` fires
 */
export async function withSecondProcess<T>(
  interrupted: AbortSignal,
  work: (second: SecondProcess) => Promise<T>,
): Promise<T | undefined> {
  const second = new SecondProcess();
  const interrupt = () => second.giveUp('ERR_CTRL_IF_ABORTED', 'the exchange was interrupted');
  if (interrupted.aborted) interrupt();
  interrupted.addEventListener('abort', interrupt);
  const late = `the exchange did not end within ${DEADLINE / 1000} s`;
  const timer = setTimeout(() => second.giveUp('ERR_CTRL_IF_TIMEOUT', late, TRY_DOCTOR), DEADLINE);
  try {
    return await second.during(work(second));
  } catch (error) {
    if (interrupted.reason === ('unread' satisfies EndReason)) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener('abort', interrupt);
  }
}
