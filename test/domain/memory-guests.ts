/** Guests with memories and their controller, all in this process, and closed when a test ends. */
import { once } from 'node:events';
import { afterEach, expect } from 'vitest';
import { Controller, type Domain, Guest, type GuestOptions } from '../../lib/index.ts';

const open: { close(): Promise<void> }[] = [];

/** To be called at the top of a test file, after `useRuntimeDirectory`. */
export function useMemoryGuests(): void {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
  });
}

export const coded = (code: string) =>
  expect.objectContaining({ name: expect.stringMatching(/^(CtrlIf|Abort)Error$/), code });

export async function listen(engine: 'native' | 'file'): Promise<Controller> {
  const controller = await Controller.listen({ name: 'memory', engine });
  open.push(controller);
  return controller;
}

export async function join(controller: Controller, engine: 'native' | 'file', memory?: GuestOptions['memory']) {
  const arrival = once(controller, 'domain') as Promise<[Domain]>;
  const guest = await Guest.connect({ name: 'memory', engine, ...(memory && { memory }) });
  open.push(guest);
  const [domain] = await arrival;
  return { guest, domain };
}
