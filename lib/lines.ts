import { CtrlIfError, type CtrlIfErrorCode } from './errors.ts';

const NEWLINE = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into lines of UTF-8 that end with a newline, wherever its chunks are cut. Only `\n` ends a line: JSON
 * may hold U+2028, and a console's carriage returns are the reader's business.
 *
 *     lines.push(chunk);
 *     for (let line = lines.next(); line !== undefined; line = lines.next()) use(line);
 *     if (lines.isTooLong) throw lines.tooLong(code);
 */
export class LineSplitter {
  readonly #limit: number;
  /** The beginning of a line that has not ended, as it came: each chunk is searched for a newline once. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** What has come since, from {@link #at} on. */
  #chunk: Buffer = NOTHING;
  #at = 0;
  #isTooLong = false;

  /** @param limit the most bytes of a line, without its newline */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the next chunk; it is kept, not copied, until its lines have been taken. */
  push(chunk: Buffer): void {
    this.#chunk = this.#at < this.#chunk.length ? Buffer.concat([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
  }

  /** The next whole line, without its newline; undefined when there is none yet, or when it {@link isTooLong}. */
  next(): string | undefined {
    if (this.#isTooLong) return undefined;
    const end = this.#chunk.indexOf(NEWLINE, this.#at);
    this.#isTooLong = this.#begunBytes + (end < 0 ? this.#chunk.length : end) - this.#at > this.#limit;
    if (this.#isTooLong) return undefined;
    if (end < 0) {
      this.#begin(this.#chunk.subarray(this.#at));
      this.#drop();
      return undefined;
    }
    const line = this.#line(this.#chunk.subarray(this.#at, end));
    this.#at = end + 1;
    if (this.#at === this.#chunk.length) this.#drop();
    return line;
  }

  /** Whether the line that {@link next} has come to is longer than the limit, ended or not. {@link take} goes on behind it. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  /** Whether part of a line has come and not its newline. */
  get hasBegun(): boolean {
    return this.#begunBytes > 0;
  }

  /**
   * Drops all bytes `byte` from the beginning of a line, as something else than a line may come between two of them.
   *
   * @returns whether there were any
   */
  skip(byte: number): boolean {
    if (this.#begunBytes > 0) return false;
    const from = this.#at;
    while (this.#chunk[this.#at] === byte) this.#at++;
    return this.#at > from;
  }

  /**
   * The line as far as it has come: up to its newline, of whatever length, or what there is of it. A character of which a part
   * has come stays for the next call, unless the stream `isOver`.
   */
  take(isOver = false): string {
    this.#isTooLong = false;
    const end = this.#chunk.indexOf(NEWLINE, this.#at);
    if (end >= 0) {
      const line = this.#line(this.#chunk.subarray(this.#at, end));
      this.#at = end + 1;
      return line;
    }
    const bytes = Buffer.concat([...this.#begun, this.#chunk.subarray(this.#at)]);
    this.#drop();
    this.#forgetBegun();
    const whole = isOver ? bytes.length : wholeCharacters(bytes);
    this.#begin(bytes.subarray(whole));
    return bytes.toString('utf8', 0, whole);
  }

  /** Says that a line is too long. */
  tooLong(code: CtrlIfErrorCode): CtrlIfError {
    return new CtrlIfError(code, `a line is longer than ${this.#limit} bytes`, {
      advice: 'end each line with a newline, and keep it shorter',
      expected: `a line of at most ${this.#limit} bytes`,
    });
  }

  #line(end: Buffer): string {
    if (this.#begunBytes === 0) return end.toString('utf8');
    const line = Buffer.concat([...this.#begun, end]).toString('utf8');
    this.#forgetBegun();
    return line;
  }

  #begin(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
  }

  #forgetBegun(): void {
    this.#begun = [];
    this.#begunBytes = 0;
  }

  #drop(): void {
    this.#chunk = NOTHING;
    this.#at = 0;
  }
}

export interface LinesOptions {
  /** The most bytes of a line, without its newline. */
  limit: number;
  /** The code of the error for a line that is longer. */
  tooLong: CtrlIfErrorCode;
  /** Whether what follows the last newline is a line; else it is dropped, as its sender has died in the middle of it. */
  lastMayLackNewline?: boolean;
}

/**
 * The lines of a stream, as many at a time as have come.
 *
 * @throws CtrlIfError `tooLong`, after the lines before it
 */
export async function* linesOf(
  stream: AsyncIterable<Buffer>,
  { limit, tooLong, lastMayLackNewline = false }: LinesOptions,
): AsyncGenerator<string[]> {
  const splitter = new LineSplitter(limit);
  for await (const chunk of stream) {
    splitter.push(chunk);
    const lines: string[] = [];
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(line);
    if (lines.length > 0) yield lines;
    if (splitter.isTooLong) throw splitter.tooLong(tooLong);
  }
  if (lastMayLackNewline && splitter.hasBegun) yield [splitter.take(true)];
}

/** How many of the bytes are whole characters of UTF-8: at most three at the end may wait for the rest of theirs. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
