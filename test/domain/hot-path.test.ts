/** How many function calls lie between the user's code and the rings, counted in stack traces (docs/decisions/0005). */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { testsNative } from '../support/engines.ts';
import { meet, useRuntimeDirectory } from './meeting.ts';

/** Called at each crossing into the addon's rings. */
const crossing = vi.hoisted(() => ({ observe: () => {} }));

vi.mock('../../lib/page/addon.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../lib/page/addon.ts')>();
  const { addon } = original.loadAddon();
  if (!addon) return original;
  const transfer = () => {
    crossing.observe();
    addon.transfer();
  };
  const watched = Object.create(addon, { transfer: { value: transfer } });
  return { ...original, loadAddon: () => ({ addon: watched }) };
});

useRuntimeDirectory();

/** The functions of this project that are on the stack, the innermost first. */
function calls(): string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split('\n').filter((frame) => /\/lib\/.*\.ts/.test(frame) && !frame.includes('node_modules'));
}

describe.runIf(testsNative)('the hot path', () => {
  it('crosses into the addon in at most 9 calls when a request takes the next turn', async () => {
    const { domain, guest } = await meet();
    domain.receive('SEQ', ({ n }) => ({ answer: n }));
    await guest.request({ name: 'SEQ', n: 1 });
    // No turn may be under way, so that the request asks for one of its own.
    for (let turns = 0; turns < 5; turns++) await turn();
    const { then } = Promise.prototype;
    const asked: string[][] = [];
    // Not a spy, which calls then() itself on what it returns.
    const watched = function (this: Promise<unknown>, ...handlers: unknown[]) {
      asked.push(calls());
      return Reflect.apply(then, this, handlers);
    };
    Reflect.set(Promise.prototype, 'then', watched);
    const crossed: string[][] = [];
    crossing.observe = () => crossed.push(calls());
    let response: Promise<unknown>;
    try {
      response = guest.request({ name: 'SEQ', n: 2 });
    } finally {
      Reflect.set(Promise.prototype, 'then', then);
    }
    try {
      expect(await response).toMatchObject({ answer: 2 });
    } finally {
      crossing.observe = () => {};
    }
    // From request() to what queues the turn, from there to the addon, and into it.
    expect(asked).toHaveLength(1);
    expect(crossed.length).toBeGreaterThan(0);
    expect([...asked[0]!, ...crossed[0]!, 'transfer'].length).toBeLessThanOrEqual(9);
  });

  it('reaches the handler in at most 8 calls when the doorbell rings', async () => {
    const { domain, guest } = await meet();
    const paths: string[][] = [];
    guest.receive('SEQ', ({ n }) => {
      paths.push(calls());
      return { answer: n };
    });
    const fromDoorbell = () => paths.find((path) => path.at(-1)?.includes('own-events'));
    // Both ends are on this thread, so each sleeps at once, and the other rings.
    for (let n = 0; n < 100 && !fromDoorbell(); n++) {
      for (let turns = 0; turns < 5; turns++) await turn();
      await domain.request({ name: 'SEQ', n });
    }
    const path = fromDoorbell();
    expect(path).toBeDefined();
    // The handler itself is the last call.
    expect(path!.length + 1).toBeLessThanOrEqual(8);
  });
});
