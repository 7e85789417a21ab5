import { describe, expect, it } from 'vitest';
import { parseCpuList } from '../../bench/harness/cpus.ts';
import { countCalls } from '../../bench/harness/syscalls.ts';
import { BEGIN, Checker, END, NO_MARK, STOP } from '../../bench/peers/checker.ts';
import { checkEntry, ENTRY_BYTES, EntryPool, sequenceOf } from '../../bench/peers/entry.ts';
import { WindowFront } from '../../bench/peers/window.ts';

describe('the sequence number', () => {
  it('survives an entry, up to the last of 32 bits', () => {
    const pool = new EntryPool();
    for (const sequence of [0, 255, 65_536, 0x80000001, 0xffffffff]) {
      const entry = pool.next(sequence, END);
      expect(entry).toHaveLength(ENTRY_BYTES);
      expect([sequenceOf(entry), entry[1]]).toEqual([sequence, END]);
    }
  });

  it('is missed at the back when a message was lost, doubled or reordered', () => {
    const pool = new EntryPool();
    for (const [received, expected] of [
      [[0, 2], 1],
      [[0, 0], 1],
      [[1], 0],
    ] as const) {
      const checker = new Checker();
      expect(() => {
        for (const sequence of received) checkEntry(checker, pool.next(sequence, NO_MARK));
      }).toThrow(`expected ${expected}, received ${received.at(-1)}`);
    }
  });

  it('is missed at the front too', async () => {
    const sent: number[] = [];
    const front = new WindowFront(
      8,
      (sequence) => sent.push(sequence),
      () => {},
    );
    void front.roundTrips(2, NO_MARK);
    front.receive(0);
    expect(sent).toEqual([0, 1]);
    expect(() => front.receive(0)).toThrow('wrong sequence number at the front: expected 1, received 0');
  });
});

describe('a checker', () => {
  it('takes CPU time between BEGIN and END, and tells of STOP', () => {
    let stops = 0;
    const checker = new Checker(() => stops++);
    [NO_MARK, BEGIN, NO_MARK].forEach((mark, sequence) => {
      checker.take(sequence, mark);
    });
    for (const end = performance.now() + 20; performance.now() < end; );
    checker.take(3, END);
    checker.take(4, NO_MARK);
    expect(checker.spentNs).toBeGreaterThan(0);
    expect([checker.stopped, stops]).toEqual([false, 0]);
    checker.take(5, STOP);
    expect([checker.stopped, stops]).toEqual([true, 1]);
  });
});

describe('a window', () => {
  /** Echoes through a queue, so that what is in flight can be seen. */
  function echoing(window: number) {
    const queue: number[] = [];
    const widths = new Set<number>();
    const front = new WindowFront(
      window,
      (sequence) => {
        queue.push(sequence);
        if (queue.length === 1) setImmediate(answer);
      },
      () => {},
    );
    const answer = () => {
      widths.add(queue.length);
      for (let due = queue.length; due > 0; due--) front.receive(queue.shift()!);
      if (queue.length > 0) setImmediate(answer);
    };
    return { front, widths, queue };
  }

  it('is always full while streaming, and empty afterwards', async () => {
    const { front, widths, queue } = echoing(8);
    const { messages, elapsedNs } = await front.streamFor(5);
    expect(messages).toBeGreaterThan(0);
    expect(messages % 64).toBe(0);
    expect(elapsedNs).toBeGreaterThanOrEqual(5e6);
    expect([...widths][0]).toBe(8);
    expect(queue).toEqual([]);
  });

  it('is one wide for round trips', async () => {
    const { front, widths } = echoing(8);
    await front.roundTrips(100, NO_MARK);
    expect([...widths]).toEqual([1]);
  });
});

describe("strace's log", () => {
  it('is counted between the markers, over all processes, each interrupted call once', () => {
    const log = `100 read(3, "x", 1) = 1
100 access("/ctrl-if-bench-begin", F_OK) = -1 ENOENT (No such file or directory)
100 read(3,  <unfinished ...>
101 write(4, "y", 1)                  = 1
100 <... read resumed>"y", 1)         = 1
101 --- SIGCHLD {si_signo=SIGCHLD} ---
100 access("/ctrl-if-bench-end", F_OK) = -1 ENOENT (No such file or directory)
101 epoll_wait(3, [], 1024, 0) = 0
101 +++ exited with 0 +++
`;
    expect(countCalls(log)).toBe(2);
    expect(() => countCalls('100 read(3, "x", 1) = 1\n')).toThrow('no markers');
  });
});

describe('a list of CPUs', () => {
  it('has numbers and ranges', () => {
    expect(parseCpuList('0-3,8')).toEqual([0, 1, 2, 3, 8]);
    expect(parseCpuList('5')).toEqual([5]);
  });
});
