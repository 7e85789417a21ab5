import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, linesOf } from '../lib/lines.ts';

/** All lines of `bytes`, which come in chunks that end at `cuts`. */
function split(bytes: Buffer, cuts: readonly number[], limit = 1000): string[] {
  const splitter = new LineSplitter(limit);
  const lines: string[] = [];
  for (const chunk of chunksOf(bytes, cuts)) {
    splitter.push(chunk);
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(line);
  }
  return lines;
}

function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

const line = fc
  .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\r', '\u2028', 'µ€😀', '\x07'))
  .map((text) => text.replaceAll('\n', '').replace(/\p{Surrogate}/gu, ''));
const cuts = fc.array(fc.nat());

describe('a splitter of lines', () => {
  it('gives the same lines however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(line), line, cuts, (lines, unended, cutPoints) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join('') + unended);
        expect(split(bytes, cutPoints)).toEqual(lines);
      }),
    );
  });

  it('keeps bytes without a newline, and returns them on request', () => {
    const splitter = new LineSplitter(100);
    splitter.push(Buffer.from('one\ntw'));
    expect([splitter.next(), splitter.next(), splitter.hasBegun]).toEqual(['one', undefined, true]);
    expect([splitter.take(), splitter.hasBegun]).toEqual(['tw', false]);
    splitter.push(Buffer.from('o\n'));
    expect(splitter.next()).toBe('o');
  });

  it('never takes half a character of a line that has not ended', () => {
    fc.assert(
      fc.property(line, cuts, (text, cutPoints) => {
        const splitter = new LineSplitter(1000);
        let taken = '';
        for (const chunk of chunksOf(Buffer.from(text), cutPoints)) {
          splitter.push(chunk);
          splitter.next();
          taken += splitter.take();
        }
        expect(taken).toBe(text);
      }),
    );
    const splitter = new LineSplitter(100);
    splitter.push(Buffer.from('a€').subarray(0, 3));
    expect([splitter.next(), splitter.take(), splitter.take(true)]).toEqual([undefined, 'a', '\ufffd']);
  });

  it('stops at a line that is longer than its limit, ended or not, after all lines before it', () => {
    for (const end of ['', '\n', '\nnext\n']) {
      for (const cutPoints of [[], [6], [14], [15], [3, 8, 20]]) {
        const splitter = new LineSplitter(10);
        const lines: string[] = [];
        for (const chunk of chunksOf(Buffer.from(`one\n${'x'.repeat(10)}\n${'y'.repeat(11)}${end}`), cutPoints)) {
          splitter.push(chunk);
          for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(line);
        }
        expect(lines).toEqual(['one', 'x'.repeat(10)]);
        expect(splitter.isTooLong).toBe(true);
        expect(splitter.take()).toBe('y'.repeat(11));
        expect(splitter.next()).toBe(end === '\nnext\n' ? 'next' : undefined);
      }
    }
  });

  it('drops bytes between lines when it is asked to, and none within a line', () => {
    const splitter = new LineSplitter(100);
    splitter.push(Buffer.from('\x07\x07a\x07\n\x07b'));
    expect([splitter.skip(7), splitter.skip(7), splitter.next()]).toEqual([true, false, 'a\x07']);
    expect([splitter.skip(7), splitter.next(), splitter.skip(7)]).toEqual([true, undefined, false]);
    splitter.push(Buffer.from('\x07\n\x07'));
    expect([splitter.skip(7), splitter.next(), splitter.skip(7)]).toEqual([false, 'b\x07', true]);
    expect([splitter.next(), splitter.hasBegun]).toEqual([undefined, false]);
  });
});

describe('the lines of a stream', () => {
  const collect = async (chunks: readonly (string | Buffer)[], lastMayLackNewline: boolean) => {
    const stream = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
    })();
    const lines: string[] = [];
    try {
      const options = { limit: 10, tooLong: 'ERR_CTRL_IF_VALUE', lastMayLackNewline } as const;
      for await (const batch of linesOf(stream, options)) lines.push(...batch);
    } catch (error) {
      lines.push((error as { code: string }).code);
    }
    return lines;
  };

  it('may be cut anywhere, within a character too', async () => {
    const bytes = Buffer.from('a\nµ');
    expect(await collect([bytes.subarray(0, 3), bytes.subarray(3), '\nb'], true)).toEqual(['a', 'µ', 'b']);
  });

  it('end with what has no newline only where that may be a line', async () => {
    expect(await collect(['a\nb'], true)).toEqual(['a', 'b']);
    expect(await collect(['a\nb'], false)).toEqual(['a']);
  });

  it('may be none', async () => {
    expect(await collect([], true)).toEqual([]);
    expect(await collect(['\n'], true)).toEqual(['']);
  });

  it('fail at one that is too long, after those before it', async () => {
    expect(await collect(['a\n', 'b\nthis is too long'], true)).toEqual(['a', 'b', 'ERR_CTRL_IF_VALUE']);
  });
});
