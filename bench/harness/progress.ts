import type { WriteStream } from 'node:tty';

const TO_START_OF_LINE = '\r\x1b[K';

/** One line that changes on a terminal; a line each where stderr goes elsewhere. */
export class Progress {
  readonly #stream: WriteStream;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** A line that begins with "[" is about the moment and gives way to the next. */
  say(line: string): void {
    this.end();
    const isPassing = this.#stream.isTTY && line.startsWith('[');
    const text = `bench: ${line}`;
    this.#stream.write(isPassing ? text.slice(0, this.#stream.columns - 1) : `${text}\n`);
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write(TO_START_OF_LINE);
  }
}
