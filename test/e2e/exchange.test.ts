import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { testsNative } from '../support/engines.ts';
import { BEST, meeting, useProcesses } from './peer-process.ts';

useProcesses();

/** Messages each guest exchanges each way; `CTRL_IF_E2E_MESSAGES=1000000` is the long run (npm run test:long). */
const COUNT = Number(process.env.CTRL_IF_E2E_MESSAGES ?? 20_000);

interface Usage {
  cpu: NodeJS.CpuUsage;
  stats: { asleep: boolean }[];
}

const PAIRS = [
  { controller: 'native', guest: 'native', share: 1 },
  { controller: 'native', guest: 'file', share: 0.2 },
  { controller: 'file', guest: 'native', share: 0.2 },
  { controller: 'file', guest: 'file', share: 0.1 },
] as const;

describe.each(PAIRS.filter(({ controller, guest }) => testsNative || (controller === 'file' && guest === 'file')))(
  '$controller controller, $guest guests',
  ({ share, ...engines }) => {
    it('exchange every message of the seed both ways, each byte checked', { timeout: 60_000 }, async () => {
      const { controller, guests } = await meeting(engines);
      await Promise.all([controller.told('everything'), guests[0]!.told('everything')]);
    });

    it('deliver many messages once each and in order', { timeout: 60_000 + COUNT }, async () => {
      const { controller, guests } = await meeting(engines, 3);
      const count = Math.ceil(COUNT * share);
      await Promise.all([controller, ...guests].map((peer) => peer.told('exchange', { count })));
      for (const peer of [controller, ...guests]) {
        peer.order('stats');
        for (const stats of (await peer.heard('stats')).stats as object[]) {
          expect(stats).toMatchObject({
            requestsSent: count,
            responsesReceived: count,
            requestsReceived: count,
            responsesSent: count,
            lateResponses: 0,
            malformedRequests: 0,
            unclaimedRequests: 0,
            inFlight: 0,
            waiting: 0,
            unanswered: 0,
          });
        }
      }
      await Promise.all(guests.map((guest) => guest.close()));
      await controller.close();
    });
  },
);

it('an idle link uses no CPU', async () => {
  const { controller, guests } = await meeting(BEST, 2);
  const peers = [controller, ...guests];
  await Promise.all(peers.map((peer) => peer.told('exchange', { count: 100 })));
  const look = () =>
    Promise.all(
      peers.map(async (peer) => {
        peer.order('stats');
        const { cpu, stats } = (await peer.heard('stats')) as unknown as Usage;
        return { cpu: cpu.user + cpu.system, stats };
      }),
    );
  let before = await look();
  while (!before.every(({ stats }) => stats.every(({ asleep }) => asleep))) before = await look();
  // What is measured is time that passes: there is no event to await.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = await look();
  for (const [i, { cpu, stats }] of after.entries()) {
    expect(stats).toEqual(before[i]!.stats);
    // Microseconds of CPU in a second; a link that polled would use a million. The order to report costs some.
    expect(cpu - before[i]!.cpu).toBeLessThan(availableParallelism() * 50_000);
  }
});
