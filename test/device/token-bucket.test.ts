import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket, UNLIMITED_CREDIT } from '../../lib/device/classes/network/token-bucket.ts';
import { TestClock } from './clock.ts';

function bucket(creditBytes: number, periodUsec: number) {
  const clock = new TestClock();
  const made = new TokenBucket(clock.now);
  made.setLimit({ creditBytes, periodUsec });
  return { clock, bucket: made };
}

describe('a token bucket', () => {
  it('gives its credit once a period, and saves one period of it at most', () => {
    const { clock, bucket: b } = bucket(3000, 1000);
    expect([b.take(1500), b.take(1500), b.take(1)]).toEqual([true, true, false]);
    expect(b.delay(1)).toBe(1000);
    clock.pass(999);
    expect([b.take(1), b.delay(1)]).toEqual([false, 1]);
    clock.pass(1);
    expect(b.take(3000)).toBe(true);
    clock.pass(10_000);
    expect([b.take(3000), b.take(1)]).toEqual([true, false]);
  });

  it('keeps the started part of the next period when it is called late', () => {
    const { clock, bucket: b } = bucket(100, 1000);
    b.take(100);
    clock.pass(1900);
    expect(b.take(100)).toBe(true);
    clock.pass(100);
    expect(b.take(100)).toBe(true);
  });

  it('passes a packet larger than its credit, which the next periods pay for', () => {
    const { clock, bucket: b } = bucket(500, 1000);
    expect(b.take(1514)).toBe(true);
    expect(b.delay(1)).toBe(3000);
    clock.pass(2999);
    expect(b.take(1)).toBe(false);
    clock.pass(1);
    expect(b.take(400)).toBe(true);
  });

  it('has no limit before one is set, with period 0, and with credit 0xffffffff', () => {
    const clock = new TestClock();
    const b = new TokenBucket(clock.now);
    for (const limit of [
      undefined,
      { creditBytes: 1, periodUsec: 0 },
      { creditBytes: UNLIMITED_CREDIT, periodUsec: 5 },
    ]) {
      if (limit) b.setLimit(limit);
      for (let i = 0; i < 10; i++) expect([b.take(1e9), b.delay(1e9)]).toEqual([true, 0]);
    }
  });

  it('passes no packet with credit 0', () => {
    const { clock, bucket: b } = bucket(0, 1000);
    clock.pass(1e9);
    expect([b.take(1), b.delay(1)]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  it('is full after a new limit', () => {
    const { bucket: b } = bucket(100, 1000);
    b.take(100);
    b.setLimit({ creditBytes: 50, periodUsec: 1000 });
    expect([b.take(50), b.take(1)]).toEqual([true, false]);
  });

  const steps = fc.array(fc.record({ wait: fc.nat(5000), bytes: fc.integer({ min: 1, max: 4000 }) }), {
    maxLength: 60,
  });
  const limits = [fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3000 })] as const;

  it('passes at most the credit of the elapsed periods, one full bucket and one packet', () => {
    fc.assert(
      fc.property(...limits, steps, (credit, period, taken) => {
        const { clock, bucket: b } = bucket(credit, period);
        const passed: { at: number; bytes: number }[] = [];
        for (const { wait, bytes } of taken) {
          clock.pass(wait);
          if (b.take(bytes)) passed.push({ at: clock.now(), bytes });
        }
        for (let from = 0; from < passed.length; from++) {
          let sum = 0;
          for (let to = from; to < passed.length; to++) {
            sum += passed[to]!.bytes;
            const periods = Math.floor((passed[to]!.at - passed[from]!.at) / period) + 1;
            const largest = Math.max(...passed.slice(from, to + 1).map(({ bytes }) => bytes));
            if (sum > (periods + 1) * credit + largest) return false;
          }
        }
        return true;
      }),
    );
  });

  it('takes a packet after its delay, and not before', () => {
    fc.assert(
      fc.property(...limits, steps, (credit, period, taken) => {
        const { clock, bucket: b } = bucket(credit, period);
        for (const { wait, bytes } of taken) {
          clock.pass(wait);
          const delay = b.delay(bytes);
          if (delay > 0) {
            clock.pass(delay - 1);
            expect(b.take(bytes)).toBe(false);
            clock.pass(1);
          }
          expect(b.take(bytes)).toBe(true);
        }
      }),
    );
  });

  it('reaches its rate under load: after n periods it has passed at least n credits', () => {
    fc.assert(
      fc.property(
        ...limits,
        fc.integer({ min: 1, max: 1514 }),
        fc.integer({ min: 1, max: 50 }),
        (credit, period, bytes, n) => {
          const { clock, bucket: b } = bucket(credit, period);
          let sum = 0;
          for (let i = 0; i <= n; i++) {
            while (b.take(bytes)) sum += bytes;
            clock.pass(period);
          }
          // A period may leave less credit than the next packet needs.
          expect(sum).toBeGreaterThanOrEqual((n + 1) * Math.max(credit - bytes + 1, credit / 2 - bytes));
        },
      ),
    );
  });
});
