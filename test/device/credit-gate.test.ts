import { describe, expect, it } from 'vitest';
import { CreditGate } from '../../lib/device/classes/network/credit-gate.ts';
import { systemClock } from '../../lib/device/clock.ts';
import { TestClock } from './clock.ts';

function gate(creditBytes: number, periodUsec: number) {
  const clock = new TestClock();
  const made = new CreditGate(clock);
  made.setLimit({ creditBytes, periodUsec });
  const passed: number[] = [];
  const admit = (bytes: number) => made.admit(bytes).then(() => void passed.push(bytes));
  return { clock, gate: made, passed, admit };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a credit gate', () => {
  it('admits packets in order, each when there is credit for it', async () => {
    const { clock, passed, admit } = gate(1000, 500);
    for (const bytes of [600, 500, 100]) void admit(bytes);
    await settle();
    // There is credit for the packet of 100 bytes, but it must not overtake.
    expect(passed).toEqual([600]);
    clock.pass(499);
    await settle();
    expect(passed).toEqual([600]);
    clock.pass(1);
    await settle();
    expect(passed).toEqual([600, 500, 100]);
    expect(clock.waiting).toBe(0);
  });

  it('applies a new limit at once to the packets that wait', async () => {
    const { clock, gate: g, passed, admit } = gate(0, 500);
    void admit(100);
    clock.pass(1e9);
    await settle();
    expect([passed, clock.waiting]).toEqual([[], 0]);
    g.setLimit({ creditBytes: 100, periodUsec: 500 });
    await settle();
    expect(passed).toEqual([100]);
    expect(g.limit).toEqual({ creditBytes: 100, periodUsec: 500 });
  });

  it('rejects the packets that wait when it is closed, and leaves no timer', async () => {
    const { clock, gate: g, admit } = gate(100, 500);
    await admit(100);
    const waiting = Promise.allSettled([admit(100), admit(50)]);
    g.close();
    const code = 'ERR_CTRL_IF_CLOSED';
    expect(await waiting).toMatchObject([{ reason: { code } }, { reason: { code } }]);
    expect(clock.waiting).toBe(0);
  });

  it('works with the system clock', async () => {
    const g = new CreditGate(systemClock);
    g.setLimit({ creditBytes: 100, periodUsec: 2000 });
    await g.admit(100);
    const begun = systemClock.now();
    await g.admit(100);
    expect(systemClock.now() - begun).toBeGreaterThan(0);
    const cancel = systemClock.after(1e12, () => {});
    cancel();
  });
});
