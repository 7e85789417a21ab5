import { Duplex } from 'node:stream';
import { unreachable } from './ask.ts';

/**
 * The client's end of a console. Without `linger`, the writing side of its socket stays open until the console is closed: over a
 * Unix-domain socket the API cannot distinguish a client that types no more from a client that has gone, and assumes the latter.
 */
export class ConsoleSocket extends Duplex {
  readonly #socket: Duplex;
  readonly #path: string;
  readonly #lingers: boolean;

  constructor(socket: Duplex, path: string, lingers: boolean) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#path = path;
    this.#lingers = lingers;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(this.#unreachable(error)));
    socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, (error) => done(error && this.#unreachable(error)));
  }

  override _final(done: () => void): void {
    if (this.#lingers) this.#socket.end(done);
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #unreachable(error: Error): Error {
    return unreachable(error, this.#path);
  }
}
