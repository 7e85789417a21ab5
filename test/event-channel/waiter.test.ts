/** How long each strategy looks before it sleeps, by a clock of the test's own, and that no wake-up falls through. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DomainLoop } from '../../lib/event-channel/domain-loop.ts';
import { checkIdleStrategy, type IdleStrategy } from '../../lib/event-channel/idle.ts';
import { Waiter } from '../../lib/event-channel/waiter.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { PAGE_WAKEUP, WAKEUP_PROMPT } from '../../lib/wire/page.ts';
import { expectError } from '../support/expect-error.ts';

/** Milliseconds. */
let now: number;

beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A waiter whose rings and peer the test plays: `work` is how many turns will find something. */
function waiting(idle: IdleStrategy, peerRunsBeside = true) {
  const page = SabPage.create(4096);
  const awake = new Set<Waiter>();
  const played = { work: 0, polls: 0, rings: true };
  const loop = { join: (waiter: Waiter) => awake.add(waiter), leave: (waiter: Waiter) => awake.delete(waiter) };
  const side = {
    page,
    ownWord: PAGE_WAKEUP.guest,
    peerWord: PAGE_WAKEUP.controller,
    peerRunsBeside,
    awaitsAnswer: () => false,
    turn: (polls: number) => {
      played.polls = polls;
      if (played.work === 0) return false;
      played.work--;
      return true;
    },
    ringPeer: () => played.rings,
  };
  const waiter = new Waiter(side, loop as unknown as DomainLoop, idle);
  const saysItSleeps = () => page.load32(PAGE_WAKEUP.guest) === 1;
  return { page, played, waiter, awake, saysItSleeps };
}

/** Microseconds of vain turns, 1 us each, until it sleeps; undefined when it does not within `most`. */
function looksFor(waiter: Waiter, most = 10_000): number | undefined {
  for (let microseconds = 0; microseconds <= most; microseconds++) {
    if (!waiter.turn(1)) return microseconds;
    now += 0.001;
  }
  return undefined;
}

describe('a link that waits', () => {
  it('sleeps at once when it parks', () => {
    const { waiter, saysItSleeps } = waiting('park');
    waiter.kick();
    expect(looksFor(waiter)).toBe(0);
    expect([waiter.asleep, saysItSleeps(), waiter.counts.sleeps]).toEqual([true, true, 1]);
  });

  it('never sleeps when it spins', () => {
    const { waiter, saysItSleeps } = waiting('spin');
    waiter.kick();
    expect(looksFor(waiter, 100_000)).toBeUndefined();
    expect([waiter.asleep, saysItSleeps()]).toEqual([false, false]);
  });

  it('looks for as long as it was told, whether or not that pays', () => {
    const { waiter, played } = waiting({ spinMicroseconds: 300 });
    for (let round = 0; round < 5; round++) {
      waiter.doorbell();
      expect(looksFor(waiter)).toBeGreaterThanOrEqual(299);
      expect(waiter.asleep).toBe(true);
    }
    waiter.doorbell();
    for (let i = 0; i < 200; i++) {
      played.work = 1;
      expect(waiter.turn(1)).toBe(true);
      now += 0.2;
    }
    expect(looksFor(waiter)).toBeLessThanOrEqual(301);
  });

  it('sleeps at once, whatever it was told, when its peer cannot run meanwhile', () => {
    for (const idle of ['spin', 'adaptive', 'park', { spinMicroseconds: 1000 }] as const) {
      const { waiter, played } = waiting(idle, false);
      waiter.kick();
      expect(looksFor(waiter)).toBe(0);
      expect(played.polls).toBe(1);
      expect(waiter.looksAtOnce).toBe(0);
    }
  });

  it('adapts: it looks while that pays, and stops when it was in vain', () => {
    const { waiter, played } = waiting('adaptive');
    waiter.kick();
    for (let i = 0; i < 100; i++) {
      played.work = 1;
      expect(waiter.turn(1)).toBe(true);
      // Each message comes 5 us after the last.
      for (let vain = 0; vain < 5; vain++) {
        expect(waiter.turn(1)).toBe(true);
        now += 0.001;
      }
    }
    expect(looksFor(waiter)).toBeGreaterThan(0);
    expect(waiter.asleep).toBe(true);
    // In vain: the next time it does not.
    waiter.doorbell();
    expect(waiter.asleep).toBe(true);
  });

  it('adapts: it looks again when both sides rang promptly, and not when one did', () => {
    const { page, waiter, played } = waiting('adaptive');
    const exchange = ({ ownAfter, peerPromptly }: { ownAfter: number; peerPromptly: boolean }) => {
      // It works on what it heard, answers after so many milliseconds, and is rung once more.
      played.work = 1;
      waiter.doorbell();
      now += ownAfter;
      waiter.ringPeer();
      now += 0.1;
      page.store32(PAGE_WAKEUP.guest + WAKEUP_PROMPT, peerPromptly ? 1 : 0);
      waiter.doorbell();
      return waiter.asleep;
    };
    waiter.kick();
    looksFor(waiter);
    expect(exchange({ ownAfter: 1, peerPromptly: true })).toBe(true);
    expect(exchange({ ownAfter: 0.001, peerPromptly: false })).toBe(true);
    expect(exchange({ ownAfter: 0.001, peerPromptly: true })).toBe(false);
  });

  it('says whether its message came promptly to whom it rings for, and counts doorbells apart from events', () => {
    const { page, waiter, played } = waiting('park');
    const word = () => page.load32(PAGE_WAKEUP.controller + WAKEUP_PROMPT);
    played.work = 1;
    waiter.doorbell();
    waiter.ringPeer();
    expect(word()).toBe(1);
    now += 10;
    played.rings = false;
    waiter.ringPeer();
    expect(word()).toBe(0);
    expect(waiter.counts).toMatchObject({ notified: 2, doorbellsRung: 1, doorbellsHeard: 1 });
  });

  it('finds what came in the instant before it slept, and stays awake', () => {
    const { page, waiter, played, saysItSleeps } = waiting('park');
    waiter.kick();
    const arm = page.armWakeup.bind(page);
    page.armWakeup = (offset) => {
      played.work = 1;
      arm(offset);
    };
    expect(waiter.turn(1)).toBe(true);
    expect([waiter.asleep, saysItSleeps(), waiter.counts.sleeps]).toEqual([false, false, 0]);
  });

  it('joins the loop when it wakes and leaves it when it sleeps, once each', () => {
    const { waiter, awake, saysItSleeps } = waiting('park');
    waiter.kick();
    waiter.kick();
    expect([...awake]).toEqual([waiter]);
    expect(waiter.turn(1)).toBe(false);
    awake.delete(waiter);
    // Heard, nothing found: asleep again within the call, and not in the loop.
    waiter.doorbell();
    expect([waiter.asleep, saysItSleeps(), awake.size]).toEqual([true, true, 0]);
  });

  it('does nothing any more when it is stopped, its page gone', () => {
    const { page, waiter, awake } = waiting('spin');
    waiter.kick();
    waiter.stop();
    page.unmap();
    waiter.kick();
    waiter.doorbell();
    waiter.disarm();
    expect([waiter.turn(1), waiter.looksAtOnce, awake.size]).toEqual([false, 0, 0]);
  });
});

describe('an idle strategy', () => {
  it('is one of four', () => {
    for (const idle of ['spin', 'adaptive', 'park', { spinMicroseconds: 0 }, { spinMicroseconds: 0.5 }] as const) {
      expect(checkIdleStrategy(idle)).toBe(idle);
    }
    for (const wrong of ['poll', '', null, 7, {}, [], { spinMicroseconds: -1 }, { spinMicroseconds: Number.NaN }]) {
      expectError('ERR_CTRL_IF_VALUE', 'spinMicroseconds', () => checkIdleStrategy(wrong as never));
    }
  });
});
