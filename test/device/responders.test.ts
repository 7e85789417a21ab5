import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryResponder } from '../../lib/device/memory.ts';
import { MockPeer } from '../../lib/testing/mock-peer.ts';
import { SHUTDOWN, ShutdownResponder } from '../../lib/device/shutdown.ts';
import { StateMachine } from '../../lib/device/table.ts';
import { VcpuResponder } from '../../lib/device/vcpu.ts';
import { itReachesEveryCellOf } from './cells.ts';
import { TestClock } from './clock.ts';

let link: ReturnType<typeof MockPeer.link>;
beforeEach(() => {
  link = MockPeer.link();
});
const ask = (name: string, fields: object = {}) => link.controller.request({ name, ...fields });

describe('the shutdown responder', () => {
  /** A responder whose actions end when the test ends them. */
  function begin() {
    const log: string[] = [];
    let finish = () => {};
    const responder = new ShutdownResponder(link.guest, {
      shutdown: (request) => {
        log.push(request);
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
      sysrq: (key) => void log.push(key),
    });
    responder.on('ignored', (request) => log.push(`ignored ${request}`));
    return { responder, log, finish: () => finish() };
  }

  it.each(['POWEROFF', 'REBOOT'] as const)(
    '%s: is acknowledged before its action begins, and ignored while the guest is ending',
    async (name) => {
      const { responder, log, finish } = begin();
      await ask('SHUTDOWN_SYSRQ', { key: 's' });
      expect(responder.state).toBe('IDLE');
      await ask(`SHUTDOWN_${name}`);
      expect([log, responder.state]).toEqual([['s'], 'PENDING']);
      await turn();
      for (const other of ['POWEROFF', 'REBOOT', 'SUSPEND']) await ask(`SHUTDOWN_${other}`);
      await ask('SHUTDOWN_SYSRQ', { key: 'b' });
      expect(log).toEqual(['s', name, 'ignored POWEROFF', 'ignored REBOOT', 'ignored SUSPEND', 'b']);
      finish();
      while (responder.state !== 'IDLE') await turn();
      await ask('SHUTDOWN_SUSPEND');
      await turn();
      expect(log.at(-1)).toBe('SUSPEND');
      responder.close();
      await expect(ask('SHUTDOWN_SYSRQ', { key: 'b' })).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    },
  );

  it.each(['POWEROFF', 'REBOOT', 'SUSPEND'] as const)(
    '%s: is done after the suspend that is under way',
    async (name) => {
      const { responder, log, finish } = begin();
      await ask('SHUTDOWN_SUSPEND');
      expect([log, responder.state]).toEqual([[], 'SUSPENDING']);
      await turn();
      // Of several requests the last is kept.
      for (const other of ['POWEROFF', 'REBOOT', 'SUSPEND', name]) await ask(`SHUTDOWN_${other}`);
      await ask('SHUTDOWN_SYSRQ', { key: 'b' });
      expect([log, responder.state]).toEqual([['SUSPEND', 'b'], 'SUSPENDING']);
      finish();
      while (log.length < 3) await turn();
      expect(log).toEqual(['SUSPEND', 'b', name]);
      finish();
      while (responder.state !== 'IDLE') await turn();
      await turn();
      // It is done once.
      expect([log.length, responder.state]).toEqual([3, 'IDLE']);
    },
  );

  it('emits the error of an action that failed, and is IDLE again', async () => {
    const responder = new ShutdownResponder(link.guest, {
      shutdown: () => {
        throw new Error('no halt here');
      },
    });
    const failed = once(responder, 'error');
    await ask('SHUTDOWN_POWEROFF');
    expect((await failed)[0]).toMatchObject({ message: 'no halt here' });
    while (responder.state !== 'IDLE') await turn();
    // A key is acknowledged even without a sysrq action.
    await ask('SHUTDOWN_SYSRQ', { key: 'h' });
  });
});

describe('the memory responder', () => {
  function begin() {
    const clock = new TestClock();
    const passes: { target: number; end(frames: number | Error): void }[] = [];
    const responder = new MemoryResponder(
      link.guest,
      {
        resize: (target) =>
          new Promise((resolve, reject) => {
            passes.push({ target, end: (frames) => (typeof frames === 'number' ? resolve(frames) : reject(frames)) });
          }),
        accepts: (target) => target < 1_000_000,
      },
      clock,
    );
    const log: string[] = [];
    responder.on('reached', (frames) => log.push(`reached ${frames}`));
    responder.on('short', (frames, target) => log.push(`short ${frames} of ${target}`));
    return { clock, passes, responder, log };
  }

  it('answers at once, and emits reached when the resize is done', async () => {
    const { passes, responder, log } = begin();
    expect(await ask('MEM_REQUEST_SET', { target: 500 })).toMatchObject({ target: 500, status: 0 });
    expect([responder.state, log, passes.map(({ target }) => target)]).toEqual(['WORKING', [], [500]]);
    passes[0]!.end(500);
    await turn();
    expect([responder.state, log]).toEqual(['IDLE', ['reached 500']]);
  });

  it('tries again every second until the target is reached', async () => {
    const { clock, passes, responder, log } = begin();
    await ask('MEM_REQUEST_SET', { target: 500 });
    passes[0]!.end(300);
    await turn();
    expect([responder.state, log]).toEqual(['WAITING', ['short 300 of 500']]);
    clock.pass(999_999);
    await turn();
    expect(passes).toHaveLength(1);
    clock.pass(1);
    await turn();
    expect(passes).toHaveLength(2);
    const failed = once(responder, 'error');
    passes[1]!.end(new Error('hypervisor says no'));
    expect((await failed)[0]).toMatchObject({ message: 'hypervisor says no' });
    clock.pass(1_000_000);
    await turn();
    passes[2]!.end(500);
    await turn();
    expect(log.at(-1)).toBe('reached 500');
  });

  it('takes a new target at any time', async () => {
    const { clock, passes, responder, log } = begin();
    await ask('MEM_REQUEST_SET', { target: 500 });
    await ask('MEM_REQUEST_SET', { target: 200 });
    passes[0]!.end(500);
    await turn();
    // The pass reached the old target.
    expect([log, passes.map(({ target }) => target)]).toEqual([[], [500, 200]]);
    passes[1]!.end(250);
    await turn();
    await ask('MEM_REQUEST_SET', { target: 100 });
    await turn();
    expect([responder.state, clock.waiting, passes.at(-1)!.target]).toEqual(['WORKING', 0, 100]);
    passes[2]!.end(100);
    await turn();
    expect(log).toEqual(['short 250 of 200', 'reached 100']);
  });

  it('begins no pass after it is closed, and still emits reached for the pass under way', async () => {
    for (const { frames, expected } of [
      { frames: 300, expected: [] },
      { frames: 500, expected: ['reached 500'] },
    ]) {
      link = MockPeer.link();
      const { clock, passes, responder, log } = begin();
      await ask('MEM_REQUEST_SET', { target: 500 });
      responder.close();
      passes[0]!.end(frames);
      await turn();
      expect([responder.state, clock.waiting, log]).toEqual(['IDLE', 0, expected]);
    }
  });

  it('refuses a target that it does not accept', async () => {
    const { responder } = begin();
    expect(await ask('MEM_REQUEST_SET', { target: 2_000_000 })).toMatchObject({ status: 1 });
    expect(responder.state).toBe('IDLE');
    responder.close();
    await expect(ask('MEM_REQUEST_SET', { target: 1 })).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
  });
});

describe('the VCPU responder', () => {
  it('answers 1 to an order that is done, 0 to one that fails, and 0 to one that comes meanwhile', async () => {
    const orders: { vcpu: number; isOn: boolean; end(error?: Error): void }[] = [];
    const responder = new VcpuResponder(link.guest, {
      set: (vcpu, isOn) =>
        new Promise((resolve, reject) =>
          orders.push({ vcpu, isOn, end: (error) => (error ? reject(error) : resolve()) }),
        ),
    });
    for (const name of ['VCPU_HOTPLUG_ON', 'VCPU_HOTPLUG_OFF']) {
      orders.length = 0;
      const first = ask(name, { vcpu: 1 });
      await turn();
      expect((await ask('VCPU_HOTPLUG_OFF', { vcpu: 1 })).status).toBe(0);
      expect((await ask('VCPU_HOTPLUG_ON', { vcpu: 1 })).status).toBe(0);
      // Another VCPU does not wait. In the original one of the two orders was overwritten.
      const other = ask('VCPU_HOTPLUG_OFF', { vcpu: 2 });
      await turn();
      expect(orders.map(({ vcpu, isOn }) => [vcpu, isOn])).toEqual([
        [1, name === 'VCPU_HOTPLUG_ON'],
        [2, false],
      ]);
      orders[1]!.end(new Error('no such VCPU'));
      expect((await other).status).toBe(0);
      orders[0]!.end();
      expect((await first).status).toBe(1);
    }
    // An order that has failed may be repeated.
    const again = ask('VCPU_HOTPLUG_OFF', { vcpu: 2 });
    await turn();
    orders.at(-1)!.end();
    expect((await again).status).toBe(1);
    responder.close();
    await expect(ask('VCPU_HOTPLUG_ON', { vcpu: 1 })).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
  });
});

it('the shutdown table ignores returned in IDLE', async () => {
  const unexpected = () => expect.unreachable();
  const machine = new StateMachine(SHUTDOWN, {
    do: { begin: unexpected, press: unexpected, keep: unexpected, fireKept: unexpected },
    emit: unexpected,
  });
  expect(await machine.fire('returned', { event: 'returned' })).toBe('IDLE');
});

itReachesEveryCellOf(SHUTDOWN);
