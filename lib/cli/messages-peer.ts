import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import type { Crossing } from './crossing.ts';
import type { Command, Reply } from './messages-protocol.ts';
import { ECHO_DESCRIPTOR, SocketEcho } from './socket-echo.ts';

type Done = Extract<Reply, { is: 'done' }>;

/** The guest's process as the controller's has it: takes one command at a time, and is never left behind. */
export class MessagesPeer {
  readonly pid: number;
  /** Fires when the process has gone without being asked to. */
  readonly lost: AbortSignal;
  /** A Unix-domain socket to it. */
  readonly socket: SocketEcho;
  onCrossed: (crossing: Crossing) => void = () => {};
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #settle: { resolve(reply: Done): void; reject(error: unknown): void } | undefined;
  #ending = false;

  constructor() {
    // Beside this file under the same extension, built or not.
    const program = new URL(`./messages-guest${extname(import.meta.url)}`, import.meta.url);
    const lost = new AbortController();
    this.lost = lost.signal;
    // What Node calls a pipe is a pair of Unix-domain sockets: one that has no name to be left behind.
    this.#process = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'] });
    this.socket = new SocketEcho(this.#process.stdio[ECHO_DESCRIPTOR] as Duplex);
    this.pid = this.#process.pid ?? 0;
    this.#process.on('message', (reply: Reply) => this.#take(reply));
    this.#exited = new Promise((resolve) => {
      const gone = (how: string) => {
        const error = new CtrlIfError('ERR_CTRL_IF_PEER_DIED', `the guest's process ${how} before it was done`);
        this.#settle?.reject(error);
        if (!this.#ending) lost.abort(error);
        resolve();
      };
      this.#process.once('error', (error) => gone(`could not be started or reached (${error.message})`));
      this.#process.once('exit', (code, signal) => gone(signal ? `was ended by ${signal}` : `exited with ${code}`));
    });
  }

  ask(command: Command): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#process.send(command, (error) => error && reject(error));
    });
  }

  /** Lets it close its links and waits until it has gone. */
  async end(): Promise<void> {
    this.#ending = true;
    // It disconnects in place of an answer.
    this.ask({ do: 'end' }).catch(() => {});
    await this.#exited;
  }

  async kill(): Promise<void> {
    this.#ending = true;
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #take(reply: Reply): void {
    if (reply.is === 'crossed') this.onCrossed(reply.crossing);
    else if (reply.is === 'done') this.#settle?.resolve(reply);
    else this.#settle?.reject(new CtrlIfError(reply.code, `in the guest's process: ${reply.message}`));
  }
}
