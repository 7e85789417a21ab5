/** A memory and its backend in two processes. */
import { expect, it } from 'vitest';
import type { NamedEngine } from '../../lib/page/page.ts';
import { describeMemory, memoryEngines, useMemories } from '../support/memories.ts';
import { existsInShm } from '../support/pages.ts';
import { type Peer, usePeers } from '../support/peer.ts';
import { unless } from '../support/skips.ts';

interface Answer {
  code?: string;
  message?: string;
  bytes: string;
  frame: number;
  refused: number;
  overwritten: number;
  used: number;
  wrong: number;
  names: number;
  resident: number;
  inUse: number;
  reason: string;
  size: { target: number; reached: number };
}

const memories = useMemories();
const peer = usePeers();
const canMount = process.getuid?.() === 0 && process.platform === 'linux';
const need = unless(canMount, 'root, on Linux');
const BACKEND = 9;

async function ask(peer: Peer, order: string, details: object = {}): Promise<Answer> {
  peer.send({ order, ...details });
  return peer.next<Answer>(30_000);
}

async function both(engine: NamedEngine, options: object = {}) {
  const name = memories.name();
  const owner = peer('memory-owner', { name, engine, frames: 64, maximum: 256, ...options });
  await owner.next();
  const backend = peer('memory-backend', { name, engine, domid: BACKEND });
  await backend.next();
  return { name, owner, backend };
}

const filled = (pattern: number) => Buffer.alloc(4096, pattern).toString('base64');

describeMemory.each(memoryEngines)('an owner and a backend, by the %s engine', (engine) => {
  it('see the same bytes, and unmap and free in order', async () => {
    const { owner, backend } = await both(engine);
    const { frame } = await ask(owner, 'grant', { domid: BACKEND, pattern: 0x3c });
    expect(await ask(backend, 'map', { frame })).toMatchObject({ bytes: filled(0x3c) });
    expect(await ask(backend, 'map', { frame: frame + 1 })).toMatchObject({ code: 'ERR_CTRL_IF_FRAME_NOT_GRANTED' });
    expect(await ask(backend, 'map', { frame: 256 })).toMatchObject({ code: 'ERR_CTRL_IF_FRAME_RANGE' });
    await ask(backend, 'write', { pattern: 0xc3 });
    expect(await ask(owner, 'read', { frame })).toMatchObject({ bytes: filled(0xc3) });

    // A mapped frame: its access cannot be ended, and it cannot be freed or taken by the balloon.
    expect(await ask(owner, 'end', { frame })).toMatchObject({ code: 'ERR_CTRL_IF_FRAME_IN_USE' });
    expect(await ask(owner, 'free', { frame })).toMatchObject({ code: 'ERR_CTRL_IF_FRAME_IN_USE' });
    expect(await ask(owner, 'resize', { target: 2 })).toMatchObject({ reason: 'in-use', inUse: 3 });
    expect(await ask(owner, 'read', { frame })).toMatchObject({ bytes: filled(0xc3) });

    await ask(backend, 'unmap');
    for (const order of ['end', 'free']) expect((await ask(owner, order, { frame })).code).toBeUndefined();
    expect(await ask(owner, 'resize', { target: 2 })).toMatchObject({ reason: 'done', size: { reached: 2 } });
    expect(await ask(backend, 'map', { frame })).toMatchObject({ code: 'ERR_CTRL_IF_FRAME_NOT_GRANTED' });
  });

  it('a backend that was killed leaves its frame to be taken by force', async () => {
    const { owner, backend } = await both(engine);
    const { frame } = await ask(owner, 'grant', { domid: BACKEND, pattern: 1 });
    await ask(backend, 'map', { frame });
    backend.kill('SIGKILL');
    await backend.exited;
    expect(await ask(owner, 'end', { frame })).toMatchObject({ code: 'ERR_CTRL_IF_FRAME_IN_USE' });
    expect((await ask(owner, 'end', { frame, force: true })).code).toBeUndefined();
    expect((await ask(owner, 'free', { frame })).code).toBeUndefined();
  });

  it('a backend outlives its owner', async () => {
    const { owner, backend } = await both(engine);
    const { frame } = await ask(owner, 'grant', { domid: BACKEND, pattern: 7 });
    expect(await ask(backend, 'map', { frame })).toMatchObject({ bytes: filled(7) });
    owner.kill('SIGKILL');
    await owner.exited;
    expect((await ask(backend, 'write', { pattern: 8 })).code).toBeUndefined();
    expect((await ask(backend, 'unmap')).code).toBeUndefined();
  });

  it('never both use a frame, in any race for it', async () => {
    const { owner, backend } = await both(engine);
    // The first allocated frame: both know its number.
    owner.send({ order: 'tease', domid: BACKEND });
    expect((await ask(backend, 'pester', { frame: 2, times: 300 })).code).toBeUndefined();
    await ask(owner, 'stop');
    expect(await owner.next<Answer>()).toMatchObject({ frame: 2, overwritten: 0 });
  });
});

describeMemory.each(memoryEngines)('an owner of the %s engine', (engine) => {
  it('a killed owner leaves no name when it had unlinked its own', async () => {
    const name = memories.name();
    const owner = peer('memory-owner', { name, engine, frames: 64, maximum: 256, unlink: true });
    await owner.next();
    expect(existsInShm(name)).toBe(false);
    expect(await ask(owner, 'resize', { target: 256 })).toMatchObject({ reason: 'done' });
    owner.kill('SIGKILL');
    expect(await owner.end()).toMatchObject({ signal: 'SIGKILL' });
    expect(existsInShm(name)).toBe(false);
  });

  it.runIf(canMount)(`grows as far as a full /dev/shm lets it, and works${need}`, async () => {
    // A mount namespace with a /dev/shm of 512 KiB: 128 frames.
    const mount = 'mount -t tmpfs -o size=512k tmpfs /dev/shm && exec "$0" "$@"';
    const options = { name: '/memory-full', engine, frames: 10, maximum: 1000, unlink: true, small: true };
    const owner = peer('memory-owner', options, { under: ['unshare', '-m', 'sh', '-c', mount] });
    await owner.next();
    expect(await ask(owner, 'resize', { target: 500 })).toMatchObject({ reason: 'no-space', size: { reached: 128 } });
    expect(await ask(owner, 'use')).toMatchObject({ used: 126, wrong: 0 });
    expect(await ask(owner, 'resize', { target: 20 })).toMatchObject({ reason: 'done', size: { reached: 20 } });
    expect(await ask(owner, 'resize', { target: 100 })).toMatchObject({ reason: 'done' });
    expect(await ask(owner, 'use')).toMatchObject({ used: 98, wrong: 0 });
    expect(await ask(owner, 'names')).toMatchObject({ names: 0, resident: 100 });
    owner.kill('SIGKILL');
    expect(await owner.end()).toMatchObject({ signal: 'SIGKILL' });
  });
});
