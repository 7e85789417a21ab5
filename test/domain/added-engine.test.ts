/** A guest and a controller on an engine that lib/ does not know, made by docs/engines.md. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Controller, chooseEngine, type Domain, Guest } from '../../lib/index.ts';
import { fileEngine } from '../../lib/page/file-engine.ts';
import { nativeEngine } from '../../lib/page/native-engine.ts';
import { ARRAY, arrayEngine, removeArrays } from '../support/array-engine.ts';
import { expectError } from '../support/expect-error.ts';
import { seq, useRuntimeDirectory } from './meeting.ts';

// As step 5 of docs/engines.md has it.
vi.mock('../../lib/page/engines.ts', async (original) => {
  const { ENGINES } = await original<typeof import('../../lib/page/engines.ts')>();
  const added = await import('../support/array-engine.ts');
  return { ENGINES: [...ENGINES, added.arrayEngine] };
});

useRuntimeDirectory();
afterEach(() => {
  removeArrays();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const coded = (code: string) => expect.objectContaining({ name: 'CtrlIfError', code });

async function meet() {
  const controller = await Controller.listen({ name: 'added', engine: ARRAY, messages: [seq] });
  const connected = once(controller, 'domain') as Promise<[Domain<typeof seq>]>;
  const guest = await Guest.connect({ name: 'added', engine: ARRAY, messages: [seq] });
  const [domain] = await connected;
  return { controller, guest, domain };
}

describe('an engine that was added to the list', () => {
  it('links a guest and a controller, which send requests, sleep, and close the link', async () => {
    const { controller, guest, domain } = await meet();
    expect([controller.engine, guest.engine, domain.engine]).toEqual([ARRAY, ARRAY, ARRAY]);
    for (const end of [guest, domain]) end.receive('SEQ', ({ n }) => ({ answer: ~n >>> 0 }));
    for (let n = 0; n < 300; n++) {
      expect(await guest.request({ name: 'SEQ', n })).toMatchObject({ answer: ~n >>> 0 });
      expect(await domain.request({ name: 'SEQ', n })).toMatchObject({ answer: ~n >>> 0 });
    }
    const burst = Array.from({ length: 100 }, (_, n) => guest.request({ name: 'SEQ', n }));
    expect(await Promise.all(burst)).toHaveLength(100);
    expect(guest.stats).toMatchObject({ requestsSent: 400, responsesReceived: 400, inFlight: 0 });
    expect(guest.stats.sleeps).toBeGreaterThan(0);
    const closed = once(domain, 'close');
    await guest.close();
    expect(await closed).toEqual([undefined]);
    await controller.close();
  });

  it('has no event channels and no guest memory unless its engine has them', async () => {
    const { controller, guest } = await meet();
    for (const end of [controller, guest]) {
      const error = expectError('ERR_CTRL_IF_ENGINE', 'the array engine cannot set a bit', () => end.channels);
      expect(error.received).toBe(ARRAY);
    }
    await expect(guest.mapFrame(1, 2)).rejects.toEqual(coded('ERR_CTRL_IF_ENGINE'));
    const memory = { frames: 16 };
    await expect(Guest.connect({ name: 'added', engine: ARRAY, memory })).rejects.toEqual(coded('ERR_CTRL_IF_ENGINE'));
    await guest.close();
    await controller.close();
  });

  it('is chosen by its name, and an unknown name is refused with the known ones', () => {
    vi.stubEnv('CTRL_IF_ENGINE', 'array');
    expect(chooseEngine()).toEqual({ engine: ARRAY, why: 'CTRL_IF_ENGINE asks for it' });
    vi.stubEnv('CTRL_IF_ENGINE', 'auto');
    expect(chooseEngine().engine).not.toBe(ARRAY);
    vi.stubEnv('CTRL_IF_ENGINE', 'steam');
    const error = expectError('ERR_CTRL_IF_ENGINE', '"steam"', () => chooseEngine());
    expect(error.expected).toBe('native, file, array or auto');
  });

  it('reports why it cannot serve when it is chosen by name', () => {
    const cause = new Error('one thread too many');
    const absence = vi.spyOn(arrayEngine, 'absence');
    absence.mockReturnValue({ why: 'there are two threads', advice: 'end one of them', cause });
    const error = expectError('ERR_CTRL_IF_ENGINE', 'the engine option', () => chooseEngine(ARRAY));
    expect(error.message).toContain('but there are two threads; end one of them, or leave the choice to ctrl-if');
    expect(error.cause).toBe(cause);
  });
});

describe('auto', () => {
  const absent = (why: string) => ({ why, advice: `end ${why}`, cause: new Error(why) });

  it('takes an added engine where no better one can serve, and says why the best cannot', () => {
    vi.stubEnv('CTRL_IF_ENGINE', 'auto');
    vi.spyOn(nativeEngine, 'absence').mockReturnValue(absent('the rain'));
    vi.spyOn(fileEngine, 'absence').mockReturnValue(absent('the snow'));
    expect(chooseEngine()).toEqual({ engine: ARRAY, why: 'the rain' });
  });

  it('says what the best engine needs where none can serve', () => {
    vi.stubEnv('CTRL_IF_ENGINE', 'auto');
    vi.spyOn(nativeEngine, 'absence').mockReturnValue(absent('the rain'));
    vi.spyOn(fileEngine, 'absence').mockReturnValue(absent('the snow'));
    vi.spyOn(arrayEngine, 'absence').mockReturnValue(absent('the wind'));
    const error = expectError('ERR_CTRL_IF_ENGINE', 'no engine can serve here: the rain', () => chooseEngine());
    expect(error).toMatchObject({ advice: 'end the rain', cause: new Error('the rain') });
  });
});

describe('docs/engines.md', () => {
  it('has ten steps, and names only files that are there', () => {
    const root = new URL('../../', import.meta.url);
    const text = readFileSync(new URL('docs/engines.md', root), 'utf8');
    const steps = [...text.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const files = [...text.matchAll(/`((?:lib|test|docs|bench)\/[\w./-]+)`/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) expect(existsSync(new URL(file, root)), file).toBe(true);
  });
});
