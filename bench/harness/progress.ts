import type { WriteStream } from 'node:tty';

/** One line that changes on a terminal; a line each where stderr goes elsewhere. */
export class Progress {
  readonly #stream: WriteStream;
  #open = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** A line that begins with "[" is about the moment and gives way to the next. */
  say(line: string): void {
    if (!this.#stream.isTTY) {
      this.#stream.write(`bench: ${line}\n`);
      return;
    }
    const passing = line.startsWith('[');
    this.#clear();
    this.#stream.write(passing ? `bench: ${line}`.slice(0, this.#stream.columns - 1) : `bench: ${line}\n`);
    this.#open = passing;
  }

  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (!this.#open) return;
    this.#stream.clearLine(0);
    this.#stream.cursorTo(0);
    this.#open = false;
  }
}
