/**
 * Many messages with random pauses, which end in every phase of falling asleep and waking: none is lost, doubled or
 * reordered, and no process waits for ever. `npm run test:long` sends 100 million.
 */
import { describe, expect, it } from 'vitest';
import type { IdleStrategy, LinkStats } from '../../lib/index.ts';
import { testsNative } from '../support/engines.ts';
import { BEST, PeerProcess, useProcesses } from './peer-process.ts';

useProcesses();

const MESSAGES = Number(process.env.CTRL_IF_LONG_MESSAGES ?? (testsNative ? 100_000 : 20_000));
/** Another gives other strategies and pauses. */
const SEED = Number(process.env.CTRL_IF_LONG_SEED ?? 1);
/** Of each side in each round: few enough that they do not take longer than the messages. */
const PAUSES = MESSAGES > 1_000_000 ? 2000 : 200;

const STRATEGIES: IdleStrategy[] = ['adaptive', 'park', { spinMicroseconds: 30 }, 'spin'];
/** Who waits how, each strategy at either end. */
const ROUNDS = [
  [0, 0],
  [1, 1],
  [0, 1],
  [1, 2],
  [2, 0],
  [3, 1],
  [2, 2],
  [0, 3],
].map(([controller, guest]) => ({ controller: STRATEGIES[controller!]!, guest: STRATEGIES[guest!]! }));
const COUNT = Math.ceil(MESSAGES / ROUNDS.length / 2);

describe.each(ROUNDS.map((round, i) => ({ ...round, seed: SEED * 100 + i })))(
  'with pauses, a controller that waits by $controller and a guest by $guest (seed $seed)',
  ({ controller: controllerIdle, guest: guestIdle, seed }) => {
    it('exchange every message once and in order', { timeout: 30_000 + MESSAGES / 100 }, async () => {
      const end = (idle: IdleStrategy) => ({ script: 'pauses', options: { idle } }) as const;
      const controller = new PeerProcess('controller', 'e2e', BEST.controller, end(controllerIdle));
      await controller.heard('listening');
      const guest = new PeerProcess('guest', 'e2e', BEST.guest, end(guestIdle));
      await guest.heard('connected');
      await controller.heard('joined');
      const order = { count: COUNT, batch: Math.ceil(COUNT / PAUSES) };
      const done = await Promise.all([
        controller.ask('exchange', { ...order, seed }),
        guest.ask('exchange', { ...order, seed: seed + 50 }),
      ]);
      for (const one of done) expect(one).not.toHaveProperty('code');
      for (const peer of [controller, guest]) {
        const { due, stats } = await peer.ask<{ due: number; stats: LinkStats }>('counts');
        expect(due).toBe(COUNT + 1);
        expect(stats).toMatchObject({
          requestsReceived: COUNT + 1,
          responsesSent: COUNT + 1,
          waiting: 0,
          unanswered: 0,
        });
      }
    });
  },
);
