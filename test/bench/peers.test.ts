import { describe, expect, it } from 'vitest';
import { countCalls } from '../../bench/harness/syscalls.ts';
import { BEGIN, Checker, END, NO_MARK, STOP } from '../../bench/peers/checker.ts';
import { ENTRY_BYTES, entryFormat } from '../../bench/peers/entry.ts';
import { type Pipe, serve, WindowFront } from '../../bench/peers/window.ts';

/** A pipe whose other end is `send`, and what hands it what comes. */
function pipeTo(send: (entry: Uint8Array) => void) {
  let take: (entry: Uint8Array) => void = () => {};
  const pipe: Pipe<Uint8Array> = {
    format: entryFormat(),
    send,
    listen: (listener) => {
      take = listener;
    },
  };
  return { pipe, deliver: (entry: Uint8Array) => take(entry) };
}

describe('the sequence number', () => {
  it('survives an entry, up to the last of 32 bits', () => {
    const format = entryFormat();
    for (const sequence of [0, 255, 65_536, 0x80000001, 0xffffffff]) {
      const entry = format.message(sequence, END);
      expect(entry).toHaveLength(ENTRY_BYTES);
      expect([format.sequenceOf(entry), format.markOf(entry)]).toEqual([sequence, END]);
    }
  });

  it('is missed at the back when a message was lost, doubled or reordered', () => {
    const { message } = entryFormat();
    for (const [received, expected] of [
      [[0, 2], 1],
      [[0, 0], 1],
      [[1], 0],
    ] as const) {
      const { pipe, deliver } = pipeTo(() => {});
      void serve(pipe);
      expect(() => {
        for (const sequence of received) deliver(message(sequence, NO_MARK));
      }).toThrow(`expected ${expected}, received ${received.at(-1)}`);
    }
  });

  it('is missed at the front too', async () => {
    const { message, sequenceOf } = entryFormat();
    const sent: number[] = [];
    const { pipe, deliver } = pipeTo((entry) => sent.push(sequenceOf(entry)));
    void new WindowFront(pipe).roundTrips(2, NO_MARK);
    deliver(message(0, NO_MARK));
    expect(sent).toEqual([0, 1]);
    expect(() => deliver(message(0, NO_MARK))).toThrow('wrong sequence number at the front: expected 1, received 0');
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
  function echoing() {
    const queue: Uint8Array[] = [];
    const widths = new Set<number>();
    const { pipe, deliver } = pipeTo((entry) => {
      queue.push(entry);
      if (queue.length === 1) setImmediate(answer);
    });
    const answer = () => {
      widths.add(queue.length);
      for (let due = queue.length; due > 0; due--) deliver(queue.shift()!);
      if (queue.length > 0) setImmediate(answer);
    };
    return { front: new WindowFront(pipe), widths, queue };
  }

  it('is always full while streaming, and empty afterwards', async () => {
    const { front, widths, queue } = echoing();
    const { messages, elapsedNs } = await front.streamFor(5);
    expect(messages).toBeGreaterThan(0);
    expect(messages % 64).toBe(0);
    expect(elapsedNs).toBeGreaterThanOrEqual(5e6);
    expect([...widths][0]).toBe(8);
    expect(queue).toEqual([]);
  });

  it('is one wide for round trips', async () => {
    const { front, widths } = echoing();
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
