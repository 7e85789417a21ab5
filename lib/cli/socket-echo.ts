import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';

/** The file descriptor of the socket in the child process: the fifth entry of `stdio` in second-process.ts. */
export const ECHO_DESCRIPTOR = 4;

/** Sends bytes over a socket to a process that sends them back. One round trip at a time. */
export class SocketEcho {
  readonly #socket: Duplex;
  #awaited = 0;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#awaited -= chunk.length;
      if (this.#awaited === 0) this.#settle?.resolve();
    });
    // The exit of the child process is reported by SecondProcess.
    socket.on('error', () => {});
    socket.on('close', () =>
      this.#settle?.reject(new CtrlIfError('ERR_CTRL_IF_PEER_DIED', 'the socket was closed before the answer came')),
    );
  }

  roundTrip(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#awaited = bytes.length;
      this.#settle = { resolve, reject };
      this.#socket.write(bytes);
    });
  }
}
