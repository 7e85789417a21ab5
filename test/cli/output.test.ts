import { afterEach, describe, expect, it, vi } from 'vitest';
import { waitingFor } from '../../lib/cli/answer.ts';
import { ConsoleLines } from '../../lib/cli/console-lines.ts';
import { paint, table, wrapped } from '../../lib/cli/output.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe('paint', () => {
  const terminal = { isTTY: true, hasColors: () => true };

  it('colours on a terminal', () => {
    vi.stubEnv('NO_COLOR', undefined);
    expect(paint('red', 'x', terminal)).toBe('\x1b[31mx\x1b[39m');
  });

  it('does not colour when NO_COLOR is set', () => {
    vi.stubEnv('NO_COLOR', '1');
    expect(paint('red', 'x', terminal)).toBe('x');
  });

  it('does not colour when both NO_COLOR and FORCE_COLOR are set', () => {
    vi.stubEnv('NO_COLOR', '1');
    vi.stubEnv('FORCE_COLOR', '1');
    expect(paint('red', 'x', terminal)).toBe('x');
  });

  it('does not colour on a pipe, or on a terminal without colours', () => {
    vi.stubEnv('NO_COLOR', undefined);
    expect(paint('red', 'x', {})).toBe('x');
    expect(paint('red', 'x', { isTTY: true, hasColors: () => false })).toBe('x');
  });
});

it('lays a table out by its widest cells', () => {
  const rows = [{ cells: ['a', '1'] }, { cells: ['bbbbbb', '100'] }];
  expect(table([{ title: 'NAME' }, { title: 'N', align: 'right' }], rows)).toEqual([
    'NAME      N',
    'a         1',
    'bbbbbb  100',
  ]);
});

describe('the line of a waiting command', () => {
  const shownOn = (screen: { isTTY: boolean }) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    vi.spyOn(process, 'stderr', 'get').mockReturnValue({
      ...screen,
      write: (text: string) => shown.push(text),
    } as never);
    const shown: string[] = [];
    return shown;
  };
  afterEach(() => vi.restoreAllMocks());

  it('is shown on a terminal with the seconds, and cleared at the end', async () => {
    const shown = shownOn({ isTTY: true });
    let finish = (_: number) => {};
    const work = waitingFor('domain web to end', new Promise<number>((resolve) => (finish = resolve)));
    expect(shown).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(shown).toEqual(['1', '2'].map((s) => `\r\x1b[Kwaiting for domain web to end, ${s} s ...`));
    finish(7);
    expect(await work).toBe(7);
    expect(shown.at(-1)).toBe('\r\x1b[K');
    vi.advanceTimersByTime(5000);
    expect(shown).toHaveLength(3);
  });

  it('is not shown without a terminal', async () => {
    const shown = shownOn({ isTTY: false });
    const work = waitingFor('domain web to end', new Promise<never>((_, reject) => setTimeout(reject, 1, 'no')));
    vi.advanceTimersByTime(2000);
    await expect(work).rejects.toBe('no');
    expect(shown).toEqual([]);
  });
});

describe('a wrapped text', () => {
  it('keeps to 80 columns with its margin, and gives a longer word a line of its own', () => {
    const text = `${'word '.repeat(20)}${'x'.repeat(90)} end`;
    const lines = wrapped(text, 4);
    expect(lines).toEqual([
      `    ${'word '.repeat(15).trim()}`,
      `    ${'word '.repeat(5).trim()}`,
      `    ${'x'.repeat(90)}`,
      '    end',
    ]);
  });
});

describe("a guest's console in the controller's terminal", () => {
  const shown = () => {
    const lines: string[] = [];
    return { lines, console: new ConsoleLines((line) => lines.push(line)) };
  };

  it('comes in whole lines', () => {
    const { lines, console } = shown();
    console.take(Buffer.from('one\ntw'));
    expect(lines).toEqual(['one']);
    console.take(Buffer.from('o\r\nthree'));
    expect(lines).toEqual(['one', 'two']);
    console.flush();
    expect(lines).toEqual(['one', 'two', 'three']);
    console.flush();
    expect(lines).toHaveLength(3);
  });

  it('shows an unfinished line after a pause', () => {
    vi.useFakeTimers();
    const { lines, console } = shown();
    console.take(Buffer.from('login: '));
    expect(lines).toEqual([]);
    vi.runAllTimers();
    expect(lines).toEqual(['login: ']);
  });

  it('cuts a line that is too long', () => {
    const { lines, console } = shown();
    console.take(Buffer.alloc(5000, 'x'));
    expect(lines).toHaveLength(1);
  });

  it('shows a character that was split over two chunks when the rest has arrived', () => {
    vi.useFakeTimers();
    const { lines, console } = shown();
    const [begun, rest] = [Buffer.from('$ €\n').subarray(0, 4), Buffer.from('$ €\n').subarray(4)];
    console.take(begun);
    vi.runAllTimers();
    console.take(rest);
    expect(lines).toEqual(['$ ', '€']);
  });

  it('escapes control characters', () => {
    const { lines, console } = shown();
    console.take(Buffer.from('a\tb\x1b[2J\x07\x9b\n', 'utf8'));
    expect(lines).toEqual(['a\tb\\x1b[2J\\x07\\x9b']);
  });
});
