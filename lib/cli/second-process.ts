import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { extname } from 'node:path';
import type { Duplex } from 'node:stream';
import { Controller } from '../domain/controller.ts';
import type { Domain } from '../domain/domain.ts';
import { CtrlIfError, type CtrlIfErrorCode, type CtrlIfErrorDetails } from '../errors.ts';
import type { Arrivals, Crossing } from './crossing.ts';
import type { EndReason } from './lifetime.ts';
import { ECHO_DESCRIPTOR, SocketEcho } from './socket-echo.ts';

/** What the second process is asked to do, over Node's IPC channel: one command at a time, one {@link Reply} to each. */
export type Command =
  /** Connect to the controller of that name. Over the first link it receives all that goes to a guest. */
  | { do: 'connect'; name: string; engine: 'native' | 'file' }
  /** Send all that goes to the controller over the first link, and tell of that and of what has come. */
  | { do: 'exchange' }
  /** Send that back, as it is. */
  | { do: 'echo'; message: object };

export interface Reply {
  crossings?: Crossing[];
  arrivals?: Arrivals;
  message?: object;
  failed?: { code: CtrlIfErrorCode; message: string };
}

const DEADLINE = 20_000;
const TRY_DOCTOR = { advice: 'try ctrl-if doctor' };

/** A guest's process beside this one, which is the controller's. */
export class SecondProcess {
  readonly pid: number;
  /** A Unix-domain socket to it. */
  readonly socket: SocketEcho;
  /** Fires with an error when the work cannot end well any more. */
  readonly #trouble = new AbortController();
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #name = `exchange-${process.pid}-${randomBytes(3).toString('hex')}`;
  readonly #controllers: Controller[] = [];
  #settle: { resolve(reply: Reply): void; reject(error: unknown): void } | undefined;

  constructor() {
    // Beside this file under the same extension, built or not.
    const program = new URL(`./exchange-guest${extname(import.meta.url)}`, import.meta.url);
    // What Node calls a pipe is a pair of Unix-domain sockets: one that has no name to be left behind.
    this.#process = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'] });
    this.socket = new SocketEcho(this.#process.stdio[ECHO_DESCRIPTOR] as Duplex);
    this.pid = this.#process.pid ?? 0;
    this.#process.on('message', (reply: Reply) => {
      const { code, message } = reply.failed ?? {};
      if (code) this.#settle?.reject(new CtrlIfError(code, `in the guest's process: ${message}`));
      else this.#settle?.resolve(reply);
    });
    const gone = (how: string) =>
      this.giveUp('ERR_CTRL_IF_PEER_DIED', `the guest's process ${how} before it was done`, TRY_DOCTOR);
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(gone(`could not be started or reached (${error.message})`)));
      this.#process.once('exit', (code, signal) =>
        resolve(gone(signal ? `was ended by ${signal}` : `exited with ${code}`)),
      );
    });
  }

  ask(command: Command): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#process.send(command, (error) => error && reject(error));
    });
  }

  /** A controller of its own for the link, and the second process connected to it. */
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
    this.#trouble.abort(error);
    this.#settle?.reject(error);
  }

  /** Resolves or rejects as `work` does, or rejects when the work is given up; by then nothing is left of either. */
  async during<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#trouble;
    const givenUp = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (signal.aborted) reject(signal.reason);
    });
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      // It closes its links and ends. One that is stopped does neither.
      if (this.#process.connected) this.#process.disconnect();
      if (signal.aborted) this.#process.kill('SIGKILL');
      signal.addEventListener('abort', () => this.#process.kill('SIGKILL'));
      await this.#exited;
      await this.#closeControllers();
      // What was under way has failed by now, but may have made one more controller first.
      await work.catch(() => {});
      await this.#closeControllers();
    }
  }

  async #closeControllers(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.close()));
  }
}

/**
 * Runs `work` with a second process, of which nothing is left afterwards. Undefined when nobody reads the output any more.
 * @throws CtrlIfError `_PEER_DIED`, `_TIMEOUT` or `_ABORTED` when the second process dies, hangs, or `interrupted` fires
 */
export async function withSecondProcess<T>(
  interrupted: AbortSignal,
  work: (second: SecondProcess) => Promise<T>,
): Promise<T | undefined> {
  const second = new SecondProcess();
  const interrupt = () => second.giveUp('ERR_CTRL_IF_ABORTED', 'the exchange was interrupted');
  if (interrupted.aborted) interrupt();
  interrupted.addEventListener('abort', interrupt);
  const late = `the exchange was not done within ${DEADLINE / 1000} s`;
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
