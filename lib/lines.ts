import { CtrlIfError, type CtrlIfErrorCode } from './errors.ts';

const NEWLINE = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into lines of UTF-8. A line may span several chunks. Only `\n` ends a line: JSON may hold U+2028, and
 * a console's carriage returns belong to its text.
 *
 *     lines.push(chunk);
 *     for (let line = lines.next(); line !== undefined; line = lines.next()) use(line);
 *     if (lines.isTooLong) throw lines.tooLong(code);
 */
export class LineSplitter {
  readonly #limit: number;
  /** The chunks of a line that has not ended. None of them holds a newline, so none is searched again. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** The latest chunk. The bytes before {@link #position} have been taken. */
  #chunk: Buffer = NOTHING;
  #position = 0;
  #isTooLong = false;

  /** @param limit the most bytes of a line, without its newline */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds the next chunk. It is not copied: do not change it before all its lines have been taken. */
  push(chunk: Buffer): void {
    this.#chunk =
      this.#position < this.#chunk.length ? Buffer.concat([this.#chunk.subarray(this.#position), chunk]) : chunk;
    this.#position = 0;
  }

  /** The next whole line, without its newline; undefined when there is none yet, or when the line is too long ({@link isTooLong}). */
  next(): string | undefined {
    if (this.#isTooLong) return undefined;
    const end = this.#chunk.indexOf(NEWLINE, this.#position);
    this.#isTooLong = this.#begunBytes + (end < 0 ? this.#chunk.length : end) - this.#position > this.#limit;
    if (this.#isTooLong) return undefined;
    if (end < 0) {
      this.#begin(this.#chunk.subarray(this.#position));
      this.#drop();
      return undefined;
    }
    const line = this.#line(this.#chunk.subarray(this.#position, end));
    this.#position = end + 1;
    if (this.#position === this.#chunk.length) this.#drop();
    return line;
  }

  /** Whether the current line is longer than the limit, with or without its newline. {@link take} returns it and goes on. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  /** Whether a line has begun and its newline has not come. */
  get hasBegun(): boolean {
    return this.#begunBytes > 0;
  }

  /**
   * Drops every `byte` at the beginning of a line, for a protocol that sends such bytes between its lines.
   *
   * @returns whether a byte was dropped
   */
  skip(byte: number): boolean {
    if (this.#begunBytes > 0) return false;
    const from = this.#position;
    while (this.#chunk[this.#position] === byte) this.#position++;
    return this.#position > from;
  }

  /**
   * The current line, whatever its length: up to its newline or, without one, all bytes so far. An incomplete character at the
   * end stays for the next call, unless the stream `isOver`.
   */
  take(isOver = false): string {
    this.#isTooLong = false;
    const end = this.#chunk.indexOf(NEWLINE, this.#position);
    if (end >= 0) {
      const line = this.#line(this.#chunk.subarray(this.#position, end));
      this.#position = end + 1;
      return line;
    }
    const bytes = Buffer.concat([...this.#begun, this.#chunk.subarray(this.#position)]);
    this.#drop();
    this.#dropBegun();
    const whole = isOver ? bytes.length : wholeCharacters(bytes);
    this.#begin(bytes.subarray(whole));
    return bytes.toString('utf8', 0, whole);
  }

  /** The error, with this code, for a line that is too long. */
  tooLong(code: CtrlIfErrorCode): CtrlIfError {
    return new CtrlIfError(code, `a line is longer than ${this.#limit} bytes`, {
      advice: 'end each line with a newline, and keep it shorter',
      expected: `a line of at most ${this.#limit} bytes`,
    });
  }

  #line(end: Buffer): string {
    if (this.#begunBytes === 0) return end.toString('utf8');
    const line = Buffer.concat([...this.#begun, end]).toString('utf8');
    this.#dropBegun();
    return line;
  }

  #begin(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
  }

  #dropBegun(): void {
    this.#begun = [];
    this.#begunBytes = 0;
  }

  #drop(): void {
    this.#chunk = NOTHING;
    this.#position = 0;
  }
}

export interface LinesOptions {
  /** The most bytes of a line, without its newline. */
  limit: number;
  /** The code of the error for a line that is longer. */
  tooLong: CtrlIfErrorCode;
  /** Whether the bytes after the last newline are a line. Else they are dropped: the sender died in the middle of a line. Default: no. */
  lastMayLackNewline?: boolean;
}

/**
 * The lines of a stream, all that one chunk completes at a time.
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

/** How many of the bytes belong to whole characters of UTF-8. At most three bytes at the end do not. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
