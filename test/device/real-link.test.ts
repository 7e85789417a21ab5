import { expect, it } from 'vitest';
import { BlockBackend } from '../../lib/device/classes/block/backend.ts';
import { BlockFrontend } from '../../lib/device/classes/block/frontend.ts';
import { vbdSetting } from '../../lib/device/classes/block/vbd.ts';
import { BLOCK } from '../../lib/device/classes/block/wire.ts';
import type { Peer } from '../../lib/device/context.ts';
import { DeviceManager } from '../../lib/device/manager/device-manager.ts';
import { MockMachine } from '../../lib/testing/mock-machine.ts';
import { meet, useRuntimeDirectory } from '../domain/meeting.ts';
import { until } from '../support/until.ts';

useRuntimeDirectory();

it('devices work over real rings, with deferred answers, held CONNECTs and a backend that restarts', async () => {
  const machine = new MockMachine();
  const [front, back] = [await meet('front'), await meet('back')];
  // A Guest is a Peer, whatever messages it defines.
  const peers: Record<'frontend' | 'backend', Peer> = { frontend: front.guest, backend: back.guest };
  const manager = new DeviceManager(BLOCK, machine.channels);
  manager.addFrontend(1, front.domain);
  manager.addBackend(2, back.domain);
  const frontend = new BlockFrontend({ ...machine.domain(1).frontend, peer: peers.frontend });
  const backend = new BlockBackend({ ...machine.domain(2).backend, peer: peers.backend });
  await frontend.start();
  const device = await manager.attach({ frontend: 1, backend: 2 });
  await until(() => frontend.find()?.state === 'HELD');
  await backend.start();
  await until(() => frontend.find()!.state === 'CONNECTED');
  await device.set(vbdSetting({ vdevice: 1, pdevice: 1, devHandle: 0, readonly: true }));
  const letGo = backend.find(1)!.hold();
  const disconnected = frontend.disconnect();
  await until(() => backend.find(1)!.state === 'DISCONNECTING');
  // A DISCONNECT whose answer is deferred delays no other message on the backend's ring.
  const other = await manager.attach({ frontend: 1, backend: 2 });
  await until(() => frontend.find(1)?.state === 'CONNECTED');
  await manager.detach(other);
  letGo();
  await disconnected;
  await frontend.connect();
  await until(() => frontend.find()!.state === 'CONNECTED');
  await backend.stop();
  await backend.start();
  // The frontend may not have received DISCONNECTED yet, and still have the old connection.
  await until(() => backend.find(1)?.state === 'CONNECTED' && frontend.find()!.state === 'CONNECTED');
  expect([...backend.find(1)!.vbds.keys()]).toEqual([1]);
  await frontend.stop();
  expect([machine.memory.allocated, machine.memory.mapped, machine.channels.open]).toEqual([0, 0, 0]);
});
