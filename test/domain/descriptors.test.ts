/** A process that has as many descriptors as it may: a process that needs one more gets an error that names the limit, and no other process is disturbed. */
import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DescriptorReserve } from '../../lib/domain/descriptor-reserve.ts';
import { type CtrlIfError, Guest } from '../../lib/index.ts';
import { namedEngines } from '../support/engines.ts';
import { type Peer, usePeers } from '../support/peer.ts';
import { unless } from '../support/skips.ts';
import { useRuntimeDirectory } from './meeting.ts';

useRuntimeDirectory();
const peer = usePeers();

/** Guests of that controller, and why the others are none. */
async function connectMany(count: number, engine: 'native' | 'file') {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, () => Guest.connect({ name: 'poor', engine })),
  );
  return {
    guests: outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    errors: outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as CtrlIfError] : [])),
  };
}

async function poorController(engine: 'native' | 'file'): Promise<Peer> {
  const controller = peer('few-descriptors', { name: 'poor', engine }, { under: ['prlimit', '--nofile=100'] });
  await controller.next();
  return controller;
}

function told<T>(controller: Peer, order: string, details: object = {}): Promise<T> {
  controller.send({ order, ...details });
  return controller.next<T>();
}

const isLinux = process.platform === 'linux';
const need = unless(isLinux, 'Linux');

describe.runIf(isLinux).each(namedEngines)(`a controller of few descriptors (%s)${need}`, (engine) => {
  it('refuses a guest without a free descriptor, with the reason, and serves the others', async () => {
    const controller = await poorController(engine);
    const all: Guest[] = [];
    let refusal: CtrlIfError | undefined;
    while (!refusal) {
      const { guests, errors } = await connectMany(1, engine);
      all.push(...guests);
      [refusal] = errors;
    }
    expect(all.length).toBeGreaterThan(5);
    // Not only once, but for every guest.
    for (let round = 0; round < 20; round++) {
      const { guests, errors } = await connectMany(1, engine);
      all.push(...guests);
      for (const error of [refusal, ...errors]) {
        expect(error).toMatchObject({ name: 'CtrlIfError', code: 'ERR_CTRL_IF_DESCRIPTORS' });
        expect(error.message).toMatch(/controller poor \(process \d+\) has as many descriptors as it may.*ulimit -n/);
      }
    }
    // Several guests at once are refused as well.
    const { guests, errors } = await connectMany(10, engine);
    all.push(...guests);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['ERR_CTRL_IF_DESCRIPTORS']));
    for (const [i, guest] of all.entries()) {
      const key = String.fromCharCode(33 + i);
      await guest.request({ name: 'SHUTDOWN_SYSRQ', key });
      expect(await controller.next()).toEqual({ key });
    }
    // Who goes makes room for another.
    const { domains } = await told<{ domains: number }>(controller, 'look');
    expect(domains).toBe(all.length);
    await all.pop()!.close();
    const again = await connectMany(1, engine);
    expect(again.errors).toEqual([]);
    await Promise.all([...all, ...again.guests].map((guest) => guest.close()));
    const { domains: left } = await told<{ domains: number }>(controller, 'look');
    expect(left).toBe(0);
    controller.send({ order: 'close' });
    expect(await controller.end()).toMatchObject({ code: 0, stderr: '' });
  });

  it('whose other code took all of them reports as many refusals as it can, and recovers', async () => {
    const controller = await poorController(engine);
    const { guests } = await connectMany(1, engine);
    const { taken } = await told<{ taken: number }>(controller, 'fill', { free: 1 });
    expect(taken).toBeGreaterThan(10);
    for (let round = 0; round < 5; round++) {
      const { errors } = await connectMany(4, engine);
      expect(errors.map(({ code }) => code)).toEqual(Array(4).fill('ERR_CTRL_IF_DESCRIPTORS'));
    }
    await guests[0]!.request({ name: 'SHUTDOWN_SYSRQ', key: 'x' });
    expect(await controller.next()).toEqual({ key: 'x' });
    await told(controller, 'drain');
    // Without any free descriptor the system closes the connection: the guest's error names both possible reasons.
    await told(controller, 'fill', { free: 0 });
    const { errors } = await connectMany(1, engine);
    expect(errors[0]).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED', message: expect.stringMatching(/ulimit -n/) });
    await told(controller, 'drain');
    const later = await connectMany(3, engine);
    expect(later.errors).toEqual([]);
    await Promise.all([...guests, ...later.guests].map((guest) => guest.close()));
    controller.send({ order: 'close' });
    expect(await controller.end()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the reserve', () => {
  it('leaves no descriptor open when it is released', () => {
    const reserve = new DescriptorReserve();
    const lowest = () => {
      const descriptor = openSync('/dev/null', 'r');
      closeSync(descriptor);
      return descriptor;
    };
    const before = lowest();
    expect([reserve.settle(), reserve.settle()]).toEqual([true, true]);
    expect(lowest()).toBe(before + 16);
    reserve.release();
    expect(lowest()).toBe(before);
  });
});
