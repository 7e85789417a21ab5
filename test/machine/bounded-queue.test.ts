import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../lib/machine/bounded-queue.ts';

const done = { done: true, value: undefined };
const value = (item: unknown) => ({ done: false, value: item });
const lost = (count: number) => value({ kind: 'lost', count });

describe('a bounded queue', () => {
  it('returns its items in order and ends', async () => {
    const queue = new BoundedQueue<number>(4);
    queue.push(1);
    queue.push(2);
    queue.end();
    queue.push(3);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([value(1), value(2), done]);
  });

  it('drops the oldest items, and returns their number first', async () => {
    const queue = new BoundedQueue<number>(2);
    for (let n = 1; n <= 5; n++) queue.push(n);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([lost(3), value(4), value(5)]);
    queue.addLost(7);
    expect(await queue.next()).toEqual(lost(7));
  });

  it('gives each item to one of several readers, and the end to all of them', async () => {
    const queue = new BoundedQueue<number>(4);
    const reading = [queue.next(), queue.next(), queue.next(), queue.next()];
    queue.push(1);
    queue.push(2);
    queue.end();
    const read = await Promise.all(reading);
    expect(read).toHaveLength(4);
    for (const result of [value(1), value(2), done]) expect(read).toContainEqual(result);
  });

  it('reports its end once, whether the writer or the reader ended it', async () => {
    let times = 0;
    const queue = new BoundedQueue<number>(4, () => times++);
    queue.push(1);
    const waiting = queue.next().then(() => queue.next());
    expect(await queue.return()).toEqual(done);
    expect(await waiting).toEqual(done);
    queue.end();
    expect(times).toBe(1);
  });
});
