/** A controller, a guest with a memory and a backend that maps its frames, each a process. */
import { expect, it } from 'vitest';
import type { NamedEngine } from '../../lib/page/page.ts';
import { namedEngines } from '../support/engines.ts';
import { describeMemory, memoryEngines } from '../support/memories.ts';
import { namesOf, noNameLeft, PeerProcess, useProcesses } from './peer-process.ts';

useProcesses();

const OWNER = 1;
const BACKEND = 2;
const filled = (pattern: number) => Buffer.alloc(4096, pattern).toString('base64');

async function three(controllerEngine: NamedEngine, engine: NamedEngine = 'native') {
  const controller = new PeerProcess('controller', 'memory', controllerEngine, { script: 'memory' });
  await controller.heard('listening');
  const owner = new PeerProcess('owner', 'memory', engine, { script: 'memory' });
  expect(await owner.heard('connected')).toMatchObject({ domid: OWNER, engine });
  const backend = new PeerProcess('backend', 'memory', engine, { script: 'memory' });
  expect(await backend.heard('connected')).toMatchObject({ domid: BACKEND, engine });
  return { controller, owner, backend };
}

/** A granted frame, full of 0x11, that the backend has mapped. */
async function mapped(owner: PeerProcess, backend: PeerProcess): Promise<number> {
  const { frame } = await owner.told('grant', { domid: BACKEND, pattern: 0x11 });
  expect((await backend.told('map', { domid: OWNER, frame })).code).toBeUndefined();
  return frame as number;
}

describeMemory.each(namedEngines)('frames of one guest in another, by a controller of the %s engine', (engine) => {
  it('carry bytes both ways, and no other process maps them', async () => {
    const { owner, backend } = await three(engine);
    const frame = await mapped(owner, backend);
    expect(await backend.told('read')).toMatchObject({ bytes: filled(0x11) });
    await backend.told('write', { pattern: 0x22 });
    expect(await owner.told('read', { frame })).toMatchObject({ bytes: filled(0x22) });

    const refused = async (domid: number, number: number) => (await backend.told('map', { domid, frame: number })).code;
    expect(await refused(OWNER, frame + 1)).toBe('ERR_CTRL_IF_FRAME_NOT_GRANTED');
    expect(await refused(OWNER, 4096)).toBe('ERR_CTRL_IF_FRAME_RANGE');
    expect(await refused(OWNER, 0)).toBe('ERR_CTRL_IF_FRAME_RANGE');
    expect(await refused(BACKEND, 2)).toBe('ERR_CTRL_IF_DOMAIN');
    expect(await refused(99, 2)).toBe('ERR_CTRL_IF_DOMAIN');
    // Another guest is granted nothing, whatever number it names.
    const other = new PeerProcess('backend', 'memory', 'native', { script: 'memory' });
    await other.heard('connected');
    expect((await other.told('map', { domid: OWNER, frame })).code).toBe('ERR_CTRL_IF_FRAME_NOT_GRANTED');
  });

  it('outlive their owner where they are mapped', async () => {
    const { controller, owner, backend } = await three(engine);
    const frame = await mapped(owner, backend);
    const { frame: second } = await owner.told('grant', { domid: BACKEND, pattern: 0x33 });
    await owner.kill();
    expect(await controller.heard('closed')).toEqual({ is: 'closed', domid: OWNER, code: 'ERR_CTRL_IF_PEER_DIED' });
    // The controller reports the death before it answers a question about another domain.
    expect((await backend.told('map', { domid: 99, frame })).code).toBe('ERR_CTRL_IF_DOMAIN');
    expect((await backend.told('map', { domid: OWNER, frame: second })).code).toBe('ERR_CTRL_IF_DOMAIN');
    expect(await backend.told('read')).toMatchObject({ bytes: filled(0x11) });
    expect((await backend.told('write', { pattern: 0x44 })).code).toBeUndefined();
    expect(await backend.told('read')).toMatchObject({ bytes: filled(0x44) });
    expect((await backend.told('unmap')).code).toBeUndefined();
    expect(namesOf(owner, backend)).toEqual([]);
  });

  it("are reclaimed by their owner when the backend is killed, after the controller's answer", async () => {
    const { controller, owner, backend } = await three(engine);
    const frame = await mapped(owner, backend);
    expect((await owner.told('reclaim', { domid: BACKEND })).code).toBe('ERR_CTRL_IF_FRAME_IN_USE');
    await backend.kill();
    expect(await controller.heard('closed')).toMatchObject({ domid: BACKEND });
    expect((await owner.told('end', { frame })).code).toBe('ERR_CTRL_IF_FRAME_IN_USE');
    expect((await controller.told('resize', { domid: OWNER, frames: 0 })).code).toBe('ERR_CTRL_IF_MEMORY_IN_USE');
    expect(await owner.told('reclaim', { domid: BACKEND })).toMatchObject({ frames: [frame] });
    expect((await owner.told('free', { frame })).code).toBeUndefined();
  });
});

describeMemory.each(memoryEngines)('a memory of the %s engine', (engine) => {
  it("grows and shrinks to the controller's target, which sees it, and keeps every frame that is in use", async () => {
    const { controller, owner, backend } = await three(engine, engine);
    expect(await controller.heard('joined')).toMatchObject({ memory: { maximum: 4096, target: 64, reached: 64 } });
    const frame = await mapped(owner, backend);
    const grown = await controller.told('resize', { domid: OWNER, frames: 4096 });
    expect(grown).toMatchObject({ memory: { target: 4096, reached: 4096, state: 'done' } });
    const seen = grown.seen as number[];
    // The number of reports depends on the listener's speed; each has more frames than the one before.
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect((await owner.told('resident')).frames).toBe(4096);

    // The control page, the four frames of the grant table, and the one that the backend has.
    const refused = await controller.told('resize', { domid: OWNER, frames: 2 });
    expect(refused).toMatchObject({ code: 'ERR_CTRL_IF_MEMORY_IN_USE' });
    expect(refused.message).toContain('has 6 frames');
    expect(await controller.told('memory', { domid: OWNER })).toMatchObject({
      memory: { target: 2, reached: 6, state: 'in-use' },
    });
    expect((await owner.told('resident')).frames).toBe(6);
    expect(await backend.told('read')).toMatchObject({ bytes: filled(0x11) });
    await backend.told('unmap');
    for (const order of ['end', 'free']) expect((await owner.told(order, { frame })).code).toBeUndefined();
    expect(await controller.told('resize', { domid: OWNER, frames: 5 })).toMatchObject({ memory: { reached: 5 } });
  });

  it('leaves no name when its owner is killed, whenever that is', async () => {
    const controller = new PeerProcess('controller', 'memory', engine, { script: 'memory' });
    await controller.heard('listening');
    // A stopped controller cannot take the name away, so that the guest is surely killed while its memory has one.
    controller.child.kill('SIGSTOP');
    const early = new PeerProcess('owner', 'memory', engine, { script: 'memory' });
    while (namesOf(early).length === 0) await new Promise(setImmediate);
    await early.kill();
    controller.child.kill('SIGCONT');
    await noNameLeft(early);
    const owner = new PeerProcess('owner', 'memory', engine, { script: 'memory' });
    await owner.heard('connected');
    expect(namesOf(owner)).toEqual([]);
    await owner.kill();
    expect(namesOf(owner)).toEqual([]);
  });
});
