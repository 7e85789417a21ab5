/** How long each strategy polls before it sleeps, by a clock of the test's own, and that no wake-up is lost. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DomainLoop } from '../../../lib/link/wait/domain-loop.ts';
import { checkIdleStrategy, type IdleStrategy } from '../../../lib/link/wait/idle-strategy.ts';
import { Poller } from '../../../lib/link/wait/poller.ts';
import type { PollCost } from '../../../lib/page/page.ts';
import { SabPage } from '../../../lib/page/sab-page.ts';
import { PAGE_WAKEUP, WAKEUP_PROMPT } from '../../../lib/wire/page.ts';
import { expectError } from '../../support/expect-error.ts';

/** Milliseconds. */
let now: number;

beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A poller whose link the test plays: `work` is how many turns will find something. */
function waiting(idle: IdleStrategy, peerRunsBeside = true, pollCost?: PollCost) {
  const page = Object.assign(SabPage.create(4096), pollCost && { pollCost });
  const awake = new Set<Poller>();
  const played = { work: 0, polls: 0, rings: true };
  const loop = { join: (poller: Poller) => awake.add(poller), leave: (poller: Poller) => awake.delete(poller) };
  const link = {
    awaitsAnswer: false,
    turn: (polls: number) => {
      played.polls = polls;
      if (played.work === 0) return false;
      played.work--;
      return true;
    },
  };
  const poller = new Poller(link, {
    page,
    ownWord: PAGE_WAKEUP.guest,
    peerWord: PAGE_WAKEUP.controller,
    peerRunsBeside,
    notifier: { notify: () => played.rings },
    loop: loop as unknown as DomainLoop,
    idle,
  });
  const saysItSleeps = () => page.load32(PAGE_WAKEUP.guest) === 1;
  return { page, played, poller, awake, saysItSleeps };
}

/** Microseconds of vain turns, 1 us each, until it sleeps; undefined when it does not within `most`. */
function pollsFor(poller: Poller, most = 10_000): number | undefined {
  for (let microseconds = 0; microseconds <= most; microseconds++) {
    if (!poller.turn(1)) return microseconds;
    now += 0.001;
  }
  return undefined;
}

describe('a poller', () => {
  it('polls as often and as long as the poll cost of its page allows', () => {
    const { poller, played } = waiting('adaptive', true, { pollsPerCall: 7, scale: 3 });
    poller.schedule();
    poller.turn(1);
    expect(played.polls).toBe(7);
    expect(poller.budgetMicroseconds).toEqual({ answers: 120, requests: 120 });
  });

  it('sleeps at once when it parks', () => {
    const { poller, saysItSleeps } = waiting('park');
    poller.schedule();
    expect(pollsFor(poller)).toBe(0);
    expect([poller.asleep, saysItSleeps(), poller.counts.sleeps]).toEqual([true, true, 1]);
  });

  it('never sleeps when it spins', () => {
    const { poller, saysItSleeps } = waiting('spin');
    poller.schedule();
    expect(pollsFor(poller, 100_000)).toBeUndefined();
    expect([poller.asleep, saysItSleeps()]).toEqual([false, false]);
  });

  it('polls for spinMicroseconds, whether or not messages come', () => {
    const { poller, played } = waiting({ spinMicroseconds: 300 });
    for (let round = 0; round < 5; round++) {
      poller.notified();
      expect(pollsFor(poller)).toBeGreaterThanOrEqual(299);
      expect(poller.asleep).toBe(true);
    }
    poller.notified();
    for (let i = 0; i < 200; i++) {
      played.work = 1;
      expect(poller.turn(1)).toBe(true);
      now += 0.2;
    }
    expect(pollsFor(poller)).toBeLessThanOrEqual(301);
  });

  it('sleeps at once with any strategy when its peer cannot run meanwhile', () => {
    for (const idle of ['spin', 'adaptive', 'park', { spinMicroseconds: 1000 }] as const) {
      const { poller, played } = waiting(idle, false);
      poller.schedule();
      expect(pollsFor(poller)).toBe(0);
      expect(played.polls).toBe(1);
      expect(poller.pollsAtOnce).toBe(0);
    }
  });

  it('adapts: it polls while messages come in time, and sleeps at once when none did', () => {
    const { poller, played } = waiting('adaptive');
    poller.schedule();
    for (let i = 0; i < 100; i++) {
      played.work = 1;
      expect(poller.turn(1)).toBe(true);
      // Each message comes 5 us after the last.
      for (let vain = 0; vain < 5; vain++) {
        expect(poller.turn(1)).toBe(true);
        now += 0.001;
      }
    }
    expect(pollsFor(poller)).toBeGreaterThan(0);
    expect(poller.asleep).toBe(true);
    // In vain: the next time it does not.
    poller.notified();
    expect(poller.asleep).toBe(true);
  });

  it('adapts: it polls again when both sides rang promptly, and not when one did', () => {
    const { page, poller, played } = waiting('adaptive');
    const exchange = ({ ownAfter, peerPromptly }: { ownAfter: number; peerPromptly: boolean }) => {
      // It works on the message, answers after so many milliseconds, and is rung once more.
      played.work = 1;
      poller.notified();
      now += ownAfter;
      poller.notifyPeer();
      now += 0.1;
      page.store32(PAGE_WAKEUP.guest + WAKEUP_PROMPT, peerPromptly ? 1 : 0);
      poller.notified();
      return poller.asleep;
    };
    poller.schedule();
    pollsFor(poller);
    expect(exchange({ ownAfter: 1, peerPromptly: true })).toBe(true);
    expect(exchange({ ownAfter: 0.001, peerPromptly: false })).toBe(true);
    expect(exchange({ ownAfter: 0.001, peerPromptly: true })).toBe(false);
  });

  it('shows the peer that it rings whether its message came promptly, and counts doorbells apart from events', () => {
    const { page, poller, played } = waiting('park');
    const word = () => page.load32(PAGE_WAKEUP.controller + WAKEUP_PROMPT);
    played.work = 1;
    poller.notified();
    poller.notifyPeer();
    expect(word()).toBe(1);
    now += 10;
    played.rings = false;
    poller.notifyPeer();
    expect(word()).toBe(0);
    expect(poller.counts).toMatchObject({ notified: 2, doorbellsRung: 1, doorbellsReceived: 1 });
  });

  it('finds a message that came just before it slept, and stays awake', () => {
    const { page, poller, played, saysItSleeps } = waiting('park');
    poller.schedule();
    const arm = page.armWakeup.bind(page);
    page.armWakeup = (offset) => {
      played.work = 1;
      arm(offset);
    };
    expect(poller.turn(1)).toBe(true);
    expect([poller.asleep, saysItSleeps(), poller.counts.sleeps]).toEqual([false, false, 0]);
  });

  it('joins the loop when it wakes and leaves it when it sleeps, once each', () => {
    const { poller, awake, saysItSleeps } = waiting('park');
    poller.schedule();
    poller.schedule();
    expect([...awake]).toEqual([poller]);
    expect(poller.turn(1)).toBe(false);
    awake.delete(poller);
    // Heard, nothing found: asleep again within the call, and not in the loop.
    poller.notified();
    expect([poller.asleep, saysItSleeps(), awake.size]).toEqual([true, true, 0]);
  });

  it('does nothing any more when it is stopped, its page gone', () => {
    const { page, poller, awake } = waiting('spin');
    poller.schedule();
    poller.stop();
    page.unmap();
    poller.schedule();
    poller.notified();
    poller.disarm();
    expect([poller.turn(1), poller.pollsAtOnce, awake.size]).toEqual([false, 0, 0]);
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
