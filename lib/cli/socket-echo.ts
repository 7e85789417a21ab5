import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';

/** What a child process has as its file descriptor 4 and sends back: see `MessagesPeer`. */
export const ECHO_DESCRIPTOR = 4;

/** Sends bytes over a socket to somebody who sends them back; one lot at a time. */
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
    // Its process has gone, which is told by that.
    socket.on('error', () => {});
    socket.on('close', () =>
      this.#settle?.reject(new CtrlIfError('ERR_CTRL_IF_PEER_DIED', 'the socket was closed before it had answered')),
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
