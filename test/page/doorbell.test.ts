/** The addon's doorbells: they wake an event loop, and a thread or process that ends while one is open does no harm. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { loadAddon, type NativeDoorbell, type NativeRinger } from '../../lib/page/addon.ts';
import { codeOf } from '../support/code-of.ts';
import { testsNative } from '../support/engines.ts';
import { usePeers } from '../support/peer.ts';

const peer = usePeers();
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

const native = () => loadAddon().addon!;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function doorbell(onRing: () => void): NativeDoorbell {
  const bell = native().openDoorbell(onRing);
  opened.push(bell);
  return bell;
}

function ringer(bell: NativeDoorbell, pid = process.pid): NativeRinger {
  const one = native().openRinger(pid, bell.writeFd);
  opened.push(one);
  return one;
}

describe.runIf(testsNative)('a doorbell', () => {
  it('wakes the event loop, once for however many rings', async () => {
    let wakes = 0;
    let heard = () => {};
    const bell = doorbell(() => {
      wakes++;
      heard();
    });
    const other = ringer(bell);
    for (let round = 1; round <= 3; round++) {
      const woken = new Promise<void>((resolve) => {
        heard = resolve;
      });
      for (let i = 0; i < 1000; i++) other.ring();
      await woken;
      await turn();
      await turn();
      expect(wakes).toBe(round);
    }
  });

  it('runs nextTicks and microtasks of its callback before anything else, in the context that opened it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const order: unknown[] = [];
    await new Promise<void>((resolve) => {
      storage.run('opener', () => {
        const bell = doorbell(() => {
          setImmediate(() => {
            order.push('immediate');
            resolve();
          });
          void Promise.resolve().then(() => order.push('microtask'));
          process.nextTick(() => order.push('tick'));
          order.push(storage.getStore());
        });
        ringer(bell).ring();
      });
    });
    expect(order).toEqual(['opener', 'tick', 'microtask', 'immediate']);
  });

  it('may be closed in its own callback, and again, and is silent after that', async () => {
    let wakes = 0;
    await new Promise<void>((resolve) => {
      const bell = doorbell(() => {
        wakes++;
        other.ring();
        bell.close();
        bell.close();
        resolve();
      });
      const other = ringer(bell);
      other.ring();
    });
    await turn();
    await turn();
    expect(wakes).toBe(1);
  });

  it('is safe to use after it was closed', () => {
    const bell = doorbell(() => {});
    const other = ringer(bell);
    bell.close();
    bell.unref();
    expect(codeOf(() => bell.wait(0))).toBe('ECLOSED');
    other.ring(); // nobody is there, and no signal kills this process
    other.close();
    other.ring();
  });

  it('blocks the thread until it is rung or the timeout ends, without its callback', async () => {
    let wakes = 0;
    const bell = doorbell(() => {
      wakes++;
    });
    const other = ringer(bell);
    expect(bell.wait(0)).toBe(false);
    const began = performance.now();
    expect(bell.wait(20)).toBe(false);
    expect(performance.now() - began).toBeGreaterThanOrEqual(19);
    other.ring();
    other.ring();
    expect(bell.wait(10_000)).toBe(true);
    expect(bell.wait(0)).toBe(false);
    await turn();
    await turn();
    expect(wakes).toBe(0);
  });

  it('names what is wrong with its arguments', () => {
    expect(codeOf(() => native().openDoorbell(undefined as never))).toBe('ERR_INVALID_ARG_TYPE');
    const bell = doorbell(() => {});
    for (const wrong of [-1, 1.5, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY, '5']) {
      expect(codeOf(() => bell.wait(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
      expect(codeOf(() => native().openRinger(wrong as never, 1))).toBe('ERR_INVALID_ARG_TYPE');
      expect(codeOf(() => native().openRinger(process.pid, wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
  });
});

describe.runIf(testsNative)('the doorbell of another process', () => {
  it('keeps that process alive until it is unrefed', async () => {
    const kept = peer('doorbell', { role: 'idle', unref: false });
    const left = peer('doorbell', { role: 'idle', unref: true });
    const { bell } = await kept.next<{ bell: number }>();
    expect(await left.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
    native().openRinger(kept.pid, bell).close(); // it is still there
    expect(kept.exit).toBeUndefined();
  });

  it('cannot be opened when the process is dead, or when the descriptor is no pipe', async () => {
    const dead = peer('doorbell', { role: 'idle', unref: true });
    const { bell } = await dead.next<{ bell: number }>();
    await dead.end();
    expect(codeOf(() => native().openRinger(dead.pid, bell))).toBe('ENOENT');
    expect(() => native().openRinger(dead.pid, bell)).toThrow(`ENOENT: it does not exist, open '/proc/${dead.pid}/fd/`);
    expect(codeOf(() => native().openRinger(process.pid, 2 ** 20))).toBe('ENOENT');
    const file = openSync('/dev/null', 'r+');
    try {
      expect(codeOf(() => native().openRinger(process.pid, file))).toBe('EKIND');
    } finally {
      closeSync(file);
    }
  });

  it('is closed when its thread throws, exits or is terminated while it rings, and the process lives', async () => {
    const child = peer('doorbell', { role: 'workers', rounds: 5 });
    expect(await child.next(60_000)).toEqual({ last: ['thrown in onRing', 7, 1], left: 0 });
    expect(await child.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});
