/** What a guest does while there is no controller, how it gives up, and which options are none. */
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DirectoryWatch } from '../../lib/domain/directory-watch.ts';
import { Controller, type ControllerOptions, type CtrlIfError, Guest, type GuestOptions } from '../../lib/index.ts';
import { pagesOf, useRuntimeDirectory } from './meeting.ts';

const directory = useRuntimeDirectory();
const errorOf = (connecting: Promise<Guest>): Promise<CtrlIfError> =>
  connecting.then(
    () => expect.unreachable('it connected'),
    (error) => error,
  );

/** A process at the socket of the controller called `name`, which calls `serve` for each connection. */
async function impostor(name: string, serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  }).listen(join(directory.path, `${name}.sock`));
  await once(server, 'listening');
  return async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
}

describe('a guest that waits', () => {
  it('connects when its controller starts, or at once when it runs', async () => {
    const connecting = Guest.connect({ name: 'late', wait: true });
    for (let i = 0; i < 10; i++) await turn();
    await using controller = await Controller.listen({ name: 'late' });
    await using guest = await connecting;
    expect([guest.domid, controller.domains.size]).toEqual([1, 1]);
    await using second = await Guest.connect({ name: 'late', wait: 5 });
    expect(second.domid).toBe(2);
  });

  it('creates the missing directory, and creates it again when it is removed', async () => {
    const before = process.env.CTRL_IF_RUNTIME_DIR;
    const path = join(directory.path, 'not-yet');
    process.env.CTRL_IF_RUNTIME_DIR = path;
    try {
      const connecting = Guest.connect({ name: 'late', wait: true });
      expect(existsSync(path)).toBe(true);
      rmSync(path, { recursive: true });
      mkdirSync(path, { mode: 0o700 });
      await using controller = await Controller.listen({ name: 'late' });
      await using guest = await connecting;
      expect(controller.domains.get(guest.domid)).toBeDefined();
    } finally {
      process.env.CTRL_IF_RUNTIME_DIR = before;
      rmSync(path, { recursive: true, force: true });
    }
  });

  it('waits at the socket of a killed controller until another controller takes the name', async () => {
    const server = createServer().listen(join(directory.path, '.own'));
    await once(server, 'listening');
    const { linkSync } = await import('node:fs');
    linkSync(join(directory.path, '.own'), join(directory.path, 'stale.sock'));
    server.close();
    await once(server, 'close');
    const connecting = Guest.connect({ name: 'stale', wait: true });
    for (let i = 0; i < 10; i++) await turn();
    await using controller = await Controller.listen({ name: 'stale' });
    await using guest = await connecting;
    expect(controller.domains.get(guest.domid)).toBeDefined();
  });

  it('waits on when a controller dies before its welcome, and each attempt has a page of its own', async () => {
    let met = 0;
    let hungUp: () => void = () => {};
    const died = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const leave = await impostor('mortal', (socket) => {
      met++;
      socket.once('data', () => socket.destroy());
      socket.once('close', hungUp);
    });
    const connecting = Guest.connect({ name: 'mortal', wait: true });
    await died;
    await leave();
    await using controller = await Controller.listen({ name: 'mortal' });
    await using guest = await connecting;
    expect(controller.domains.get(guest.domid)).toBeDefined();
    expect(met).toBeGreaterThan(0);
  });

  it('reports the waiting time when its time is over', async () => {
    const error = await errorOf(Guest.connect({ name: 'never', wait: 30 }));
    expect(error).toMatchObject({ code: 'ERR_CTRL_IF_NO_CONTROLLER', subject: 'never' });
    expect(error.message).toMatch(/^no controller called never came at .*never\.sock within 30 ms/);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('reports the waiting time also when controllers started and died', async () => {
    const leave = await impostor('mortal', (socket) => socket.destroy());
    const error = await errorOf(Guest.connect({ name: 'mortal', wait: 30 }));
    expect(error).toMatchObject({ code: 'ERR_CTRL_IF_NO_CONTROLLER', cause: { code: 'ERR_CTRL_IF_PEER_DIED' } });
    expect(error.message).toContain('no controller called mortal stayed');
    await leave();
  });

  it('rejects at once for every other error', async () => {
    const leave = await impostor('mute', () => {});
    const connecting = Guest.connect({ name: 'mute', wait: true, timeout: 30 });
    expect(await errorOf(connecting)).toMatchObject({ code: 'ERR_CTRL_IF_TIMEOUT' });
    expect(await errorOf(Guest.connect({ name: 'a/b', wait: true }))).toMatchObject({ code: 'ERR_CTRL_IF_NAME' });
    await leave();
  });

  it.each([0, false])('does not wait with wait: %s', async (wait) => {
    const error = await errorOf(Guest.connect({ name: 'nobody', wait }));
    expect(error.message).toMatch(/^no controller called nobody answers/);
  });
});

describe('a signal', () => {
  const reason = new Error('had enough');
  const given = { name: 'AbortError', code: 'ERR_CTRL_IF_ABORTED', cause: reason };

  it('that has fired already keeps a guest from connecting at all', async () => {
    await using controller = await Controller.listen({ name: 'test' });
    const error = await errorOf(Guest.connect({ name: 'test', signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject(given);
    expect(error.message).toBe('connecting to controller test was aborted by its signal');
    expect(controller.domains.size).toBe(0);
  });

  it('ends the waiting for a controller', async () => {
    const abort = new AbortController();
    const connecting = errorOf(Guest.connect({ name: 'never', wait: true, signal: abort.signal }));
    for (let i = 0; i < 10; i++) await turn();
    abort.abort(reason);
    expect(await connecting).toMatchObject(given);
  });

  it('ends connecting at every stage, and leaves no page and no guest', async () => {
    // The abort comes one turn of the event loop later each time, from before the socket connects until after the welcome.
    await using controller = await Controller.listen({ name: 'test' });
    let connected = 0;
    for (let turns = 0; connected < 3; turns++) {
      const abort = new AbortController();
      const connecting = Guest.connect({ name: 'test', signal: abort.signal }).then(
        (guest) => guest,
        (error) => error as CtrlIfError,
      );
      for (let i = 0; i < turns; i++) await turn();
      abort.abort(reason);
      const outcome = await connecting;
      if (outcome instanceof Guest) {
        connected++;
        await outcome.close();
      } else {
        expect(outcome).toMatchObject(given);
      }
    }
    while (controller.domains.size > 0) await turn();
    expect(pagesOf(process.pid)).toEqual([]);
  });

  it('ends connecting to a controller that does not answer', async () => {
    const abort = new AbortController();
    const leave = await impostor('mute', (socket) => socket.once('data', () => abort.abort(reason)));
    expect(await errorOf(Guest.connect({ name: 'mute', signal: abort.signal }))).toMatchObject(given);
    expect(pagesOf(process.pid)).toEqual([]);
    await leave();
  });

  it('that fires later does nothing to a guest that has connected', async () => {
    await using controller = await Controller.listen({ name: 'test' });
    const abort = new AbortController();
    await using guest = await Guest.connect({ name: 'test', wait: true, signal: abort.signal });
    abort.abort();
    for (let i = 0; i < 5; i++) await turn();
    expect(controller.domains.get(guest.domid)).toBeDefined();
  });
});

describe('a watch on a directory', () => {
  it('reports a name that is created there, also one created before a listener waits', async () => {
    const watch = new DirectoryWatch(directory.path, 'wanted');
    expect(watch.works).toBe(true);
    const told = watch.changed(2 ** 30, undefined);
    writeFileSync(join(directory.path, 'other'), '');
    writeFileSync(join(directory.path, 'wanted'), '');
    await told;
    await watch.changed(2 ** 30, undefined);
    watch.close();
    for (const name of ['other', 'wanted']) rmSync(join(directory.path, name));
  });

  it('ends a wait at the time limit and at the signal, and reports a missing directory as unwatched', async () => {
    const watch = new DirectoryWatch(directory.path, 'wanted');
    await watch.changed(1, undefined);
    await watch.changed(2 ** 30, AbortSignal.timeout(1));
    watch.close();
    const blind = new DirectoryWatch(join(directory.path, 'nowhere'), 'wanted');
    expect(blind.works).toBe(false);
    await blind.changed(1, undefined);
    blind.close();
  });
});

describe('an option that is none', () => {
  const refused = (field: string) => ({ code: 'ERR_CTRL_IF_VALUE', field });

  it.each<[string, object, string]>([
    ['of a guest', { timeOut: 5 }, 'timeOut'],
    ['of a guest, in other letters', { Name: 'x' }, 'Name'],
    ['of its memory', { memory: { frames: 4, maximun: 8 } }, 'maximun'],
    ['of its memory, which is a number', { memory: 16 }, 'memory'],
    ['of its idle strategy', { idle: { spinMicroseconds: 5, spin: true } }, 'spin'],
    ['of waiting', { wait: 'long' }, 'wait'],
    ['of waiting, before time began', { wait: -1 }, 'wait'],
    ['of waiting, not a number', { wait: Number.NaN }, 'wait'],
    ['of a signal', { signal: 5 }, 'signal'],
    ['of a signal, null', { signal: null }, 'signal'],
  ])('%s is refused by name', async (_, options, field) => {
    expect(await errorOf(Guest.connect(options as GuestOptions))).toMatchObject(refused(field));
  });

  it.each<[string, object, string]>([
    ['of a controller', { message: [] }, 'message'],
    ['of its idle strategy', { idle: { spinMicrosecond: 5 } }, 'spinMicrosecond'],
  ])('%s is refused by name', async (_, options, field) => {
    await expect(Controller.listen(options as ControllerOptions)).rejects.toMatchObject(refused(field));
  });

  it('is refused with the option that was probably meant', async () => {
    const error = await errorOf(Guest.connect({ timeOut: 5 } as GuestOptions));
    expect(error.message).toContain('the options of Guest.connect: there is no key "timeOut"; did you mean timeout?');
  });

  it.each([[{}], ['SEQ'], [[{}]], [[undefined]]])('of messages is refused: %j', async (messages) => {
    const no = { code: 'ERR_CTRL_IF_DEFINITION' };
    expect(await errorOf(Guest.connect({ messages: messages as never }))).toMatchObject(no);
    await expect(Controller.listen({ messages: messages as never })).rejects.toMatchObject(no);
  });
});
