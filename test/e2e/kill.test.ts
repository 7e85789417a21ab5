import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BEST, meeting, namesOf, noNameLeft, PeerProcess, useProcesses } from './peer-process.ts';

useProcesses();

/**
 * A guest that is killed while its page has a name, which its controller, stopped, cannot take away. Another controller on this
 * machine may sweep it in between, so that one of several tries must leave it.
 */
async function killedWithItsName(): Promise<PeerProcess> {
  for (let i = 0; i < 20; i++) {
    const guest = new PeerProcess('guest', 'e2e');
    while (namesOf(guest).length === 0) await delay(1);
    await guest.kill();
    const left = namesOf(guest);
    if (left.length > 0) {
      expect(left).toHaveLength(1);
      return guest;
    }
  }
  return expect.fail('20 guests were killed, and none left a name');
}

describe('a guest that is killed', () => {
  it("is reported dead at once: its controller's requests reject, its name is gone, the next guest is served", async () => {
    const { controller, guests } = await meeting(BEST);
    guests[0]!.child.kill('SIGSTOP');
    controller.order('hang');
    await guests[0]!.kill();
    expect(await controller.heard('rejected')).toMatchObject({ codes: ['ERR_CTRL_IF_PEER_DIED'] });
    expect(await controller.heard('closed')).toMatchObject({ domid: 1, code: 'ERR_CTRL_IF_PEER_DIED' });
    const next = new PeerProcess('guest', 'e2e');
    expect(await next.heard('connected')).toMatchObject({ domid: 2 });
    await next.told('exchange', { count: 1000 });
    expect(namesOf(guests[0]!, next)).toEqual([]);
  });

  it('in full traffic does not disturb another guest', async () => {
    const { controller, guests } = await meeting(BEST, 3);
    guests[1]!.order('flood');
    const others = [guests[0]!, guests[2]!].map((guest) => guest.told('exchange', { count: 20_000 }));
    await delay(20);
    await guests[1]!.kill();
    expect(await controller.heard('closed')).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    await Promise.all(others);
  });

  it('at any moment of its life leaves no name', { timeout: 120_000 }, async () => {
    const controller = new PeerProcess('controller', 'e2e');
    await controller.heard('listening');
    for (let round = 0; round < 25; round++) {
      const guest = new PeerProcess('guest', 'e2e', round % 3 === 0 ? 'file' : BEST.guest);
      // Spread over the start of the process, the handshake and the first messages.
      await delay(20 + round * 5);
      await guest.kill();
      await noNameLeft(guest);
    }
    const last = new PeerProcess('guest', 'e2e');
    await last.heard('connected');
    await last.told('exchange', { count: 1000 });
    expect(namesOf(controller, last)).toEqual([]);
  });

  it('in the instant its page has a name leaves none', { timeout: 120_000 }, async () => {
    const controller = new PeerProcess('controller', 'e2e');
    await controller.heard('listening');
    // A stopped controller cannot take the name away, so that the guest is surely killed while its page has one.
    controller.child.kill('SIGSTOP');
    const guest = await killedWithItsName();
    controller.child.kill('SIGCONT');
    await noNameLeft(guest);
  });
});

describe('a controller that is killed', () => {
  it("is reported dead at once: its guests' requests reject, and a new one takes the name and the guests", async () => {
    const { controller, guests } = await meeting(BEST, 2);
    controller.child.kill('SIGSTOP');
    for (const guest of guests) guest.order('hang');
    await controller.kill();
    for (const guest of guests) {
      expect(await guest.heard('rejected')).toMatchObject({ codes: ['ERR_CTRL_IF_PEER_DIED'] });
      expect(await guest.heard('closed')).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    }
    const next = await meeting(BEST, 2);
    await Promise.all([next.controller, ...next.guests].map((peer) => peer.told('exchange', { count: 1000 })));
    expect(namesOf(controller, ...guests, next.controller, ...next.guests)).toEqual([]);
  });

  it('at any moment leaves no name, and a new start under the same name works at once', {
    timeout: 120_000,
  }, async () => {
    for (let round = 0; round < 12; round++) {
      const controller = new PeerProcess('controller', 'e2e');
      await controller.heard('listening');
      const guest = new PeerProcess('guest', 'e2e');
      await delay(20 + round * 8);
      await controller.kill();
      // Whether it had connected or not, the guest ends with an error of its own or learns of the death.
      await noNameLeft(guest, controller);
      await guest.kill();
    }
    const { controller, guests } = await meeting(BEST);
    await controller.told('exchange', { count: 100 });
    await guests[0]!.close();
  });

  it('together with its guest leaves at most what the next start sweeps', async () => {
    const controller = new PeerProcess('controller', 'e2e');
    await controller.heard('listening');
    controller.child.kill('SIGSTOP');
    const guest = await killedWithItsName();
    await controller.kill();
    const next = new PeerProcess('controller', 'e2e');
    await next.heard('listening');
    expect(namesOf(guest)).toEqual([]);
  });
});
