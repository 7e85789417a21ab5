import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Controller, type Domain, defineMessage, Guest, out, u32 } from '../../lib/index.ts';

export const seq = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
type User = typeof seq;

const open: { close(): Promise<void> }[] = [];

/** A runtime directory of this test file's own, gone when it is done, and no name left in it or in shared memory. */
export function useRuntimeDirectory(): { path: string } {
  const directory = { path: '' };
  beforeAll(() => {
    directory.path = mkdtempSync(join(tmpdir(), 'ctrl-if-test-'));
    process.env.CTRL_IF_RUNTIME_DIR = directory.path;
  });
  afterEach(async () => {
    // Guests and controllers may close in any order.
    await Promise.all(open.splice(0).map((end) => end.close()));
    expect(readdirSync(directory.path)).toEqual([]);
    expect(pagesOf(process.pid)).toEqual([]);
  });
  afterAll(() => {
    delete process.env.CTRL_IF_RUNTIME_DIR;
    rmSync(directory.path, { recursive: true });
  });
  return directory;
}

/** The names in shared memory that process `pid` made. */
export function pagesOf(pid: number): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith(`ctrl-if.${pid}.`));
}

export async function listen(name = 'test'): Promise<Controller<User>> {
  const controller = await Controller.listen({ name, messages: [seq] });
  open.push(controller);
  return controller;
}

/** One more guest of the controller called `name`. */
export async function connectGuest(options: { engine?: 'native' | 'file' } = {}, name = 'test'): Promise<Guest<User>> {
  const guest = await Guest.connect({ name, messages: [seq], ...options });
  open.push(guest);
  return guest;
}

/** A controller and one guest that it has met, both in this process. */
export async function meet(
  name = 'test',
): Promise<{ controller: Controller<User>; domain: Domain<User>; guest: Guest<User> }> {
  const controller = await listen(name);
  const arrival = new Promise<Domain<User>>((resolve) => controller.once('domain', resolve));
  const guest = await Guest.connect({ name, messages: [seq] });
  open.push(guest);
  return { controller, domain: await arrival, guest };
}
