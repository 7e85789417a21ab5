import type { Vbd } from '../device/classes/block/backend.ts';
import type { BlockDevice } from '../device/classes/block/manager.ts';
import { CtrlIfError } from '../errors.ts';
import type { DeviceManagers } from './device-managers.ts';
import {
  type Attaching,
  type BackendName,
  type ClassDevices,
  type Describe,
  type DevicesContext,
  noDevice,
} from './domain-devices.ts';
import { forEachSettled } from './for-each-settled.ts';
import type { DeviceInfo, DiskConfig } from './operations.ts';
import type { PdeviceTable } from './pdevice-table.ts';

/** The interface to one backend, and the disks behind it. */
interface Interface {
  /** Kept from one life to the next (PROTOCOL.md 3.7). */
  readonly handle: number;
  device: BlockDevice | undefined;
  readonly disks: Map<number, Disk>;
}

interface Disk {
  readonly config: DiskConfig;
  readonly vbd: Vbd;
}

/** The disks of a domain: one interface for each backend, a VBD for each disk. */
export class Disks implements ClassDevices {
  /** By the backend's name. */
  readonly #interfaces = new Map<string, Interface>();

  async attach(at: Attaching, config: DiskConfig): Promise<void> {
    const { vdevice, target, mode = 'w' } = config;
    const backend = at.backend(config.backend);
    const found = this.#interfaces.get(backend.name);
    const has = this.#find(vdevice);
    if (has && !this.#isAsked(vdevice, backend.name)) throw vbdExists(vdevice, has.name);
    const vbd: Vbd = { vdevice, pdevice: at.pdevices.take({ target, mode }), devHandle: 0, readonly: mode === 'r' };
    const disk = { config: { ...config, backend: backend.name }, vbd };
    try {
      if (found?.device) await found.device.createVbd(vbd);
      else {
        const handle = found?.handle ?? this.#freeHandle();
        const vbds = [...[...(found?.disks.values() ?? [])].map((each) => each.vbd), vbd];
        const device = await at.managers.block.attach(where(at, backend, handle), { vbds });
        this.#interfaces.set(backend.name, { handle, device, disks: found?.disks ?? new Map() });
      }
      this.#interfaces.get(backend.name)!.disks.set(vdevice, disk);
    } catch (error) {
      const explained = explain(at.pdevices, disk, backend.name, error);
      at.pdevices.free(vbd.pdevice);
      throw explained;
    }
  }

  async detach({ managers, pdevices }: DevicesContext, vdevice: number): Promise<void> {
    const found = this.#find(vdevice);
    if (!found) throw noDevice(`there is no disk with vdevice ${vdevice}`, `one of ${this.#vdevices()}`, vdevice);
    const { name, in: of } = found;
    if (of.disks.size > 1) await of.device?.destroyVbd(vdevice);
    else {
      // The last disk takes the interface along.
      if (of.device) await managers.block.detach(of.device.device);
      this.#interfaces.delete(name);
    }
    pdevices.free(of.disks.get(vdevice)!.vbd.pdevice);
    of.disks.delete(vdevice);
  }

  replay(at: Attaching): Promise<void> {
    return forEachSettled(this.#interfaces, async ([name, each]) => {
      const backend = at.backend(name);
      if (each.device || backend.domid === undefined) return;
      const vbds = [...each.disks.values()].map(({ vbd }) => vbd);
      each.device = await at.managers.block.attach({ ...where(at, backend, each.handle), lasting: true }, { vbds });
      for (const disk of each.disks.values()) {
        const refusal = each.device.refusalOf(disk.vbd.vdevice);
        if (refusal) throw explain(at.pdevices, disk, name, refusal);
      }
      for (const error of each.device.device.problems) throw error;
    });
  }

  async release(managers: DeviceManagers): Promise<void> {
    for (const each of this.#interfaces.values()) {
      if (each.device) await managers.block.detach(each.device.device);
      each.device = undefined;
    }
  }

  lifeEnded(): void {
    for (const each of this.#interfaces.values()) each.device = undefined;
  }

  domainGone(pdevices: PdeviceTable): void {
    for (const { disks } of this.#interfaces.values()) for (const { vbd } of disks.values()) pdevices.free(vbd.pdevice);
    this.#interfaces.clear();
  }

  list(describe: Describe): DeviceInfo[] {
    return [...this.#interfaces.values()].flatMap(({ handle, device, disks }) =>
      [...disks.values()].map(({ config, vbd }): DeviceInfo => {
        const { target, mode = 'w' } = config;
        const ends = describe(device?.device, device?.refusalOf(vbd.vdevice));
        return { class: 'block', handle, id: String(vbd.vdevice), ...ends, target, mode };
      }),
    );
  }

  #find(vdevice: number): { name: string; in: Interface } | undefined {
    for (const [name, each] of this.#interfaces) if (each.disks.has(vdevice)) return { name, in: each };
    return undefined;
  }

  /** Whether that backend itself can say that it serves the disk. */
  #isAsked(vdevice: number, backend: string): boolean {
    const { disks, device } = this.#interfaces.get(backend) ?? {};
    const isThere = ['CONNECTED', 'DISCONNECTED'].includes(device?.device.state ?? '');
    return disks?.has(vdevice) === true && isThere && !device?.refusalOf(vdevice);
  }

  #freeHandle(): number {
    const taken = new Set([...this.#interfaces.values()].map(({ handle }) => handle));
    let handle = 0;
    while (taken.has(handle)) handle++;
    return handle;
  }

  #vdevices(): string {
    return [...this.#interfaces.values()].flatMap(({ disks }) => [...disks.keys()]).join(', ') || 'none';
  }
}

/** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` where the backend is not connected */
export function where({ domid }: Attaching, backend: BackendName, handle: number) {
  if (backend.domid !== undefined) return { frontend: domid, backend: backend.domid, handle };
  throw new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN_STATE',
    `domain ${backend.name} is to serve the device and is not connected; wait until it runs`,
    { subject: backend.name, expected: 'a backend that is connected' },
  );
}

/** In place of a backend's PHYSDEV_NOT_FOUND: which target of which disk, and why, where the backend has told. */
function explain(pdevices: PdeviceTable, { config, vbd }: Disk, backend: string, error: unknown): unknown {
  if (!(error instanceof CtrlIfError) || error.received !== 'PHYSDEV_NOT_FOUND') return error;
  const { target } = config;
  const why = pdevices.reasonOf(vbd.pdevice) ?? `${target} is nothing that ${backend} can open; see what it says of it`;
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_REFUSED',
    `disk ${vbd.vdevice} was refused by ${backend} (PHYSDEV_NOT_FOUND): ${why}`,
    {
      ...(error.domid !== undefined && { domid: error.domid }),
      subject: target,
      field: 'target',
      expected: 'a file or a device that the backend can open',
      received: 'PHYSDEV_NOT_FOUND',
    },
  );
}

function vbdExists(vdevice: number, backend: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_REFUSED',
    `the domain has vdevice ${vdevice} already, from ${backend}; take another number, or detach that one first`,
    { subject: 'BLKIF_BE_VBD_CREATE', field: 'vdevice', expected: 'a vdevice that is free', received: 'VBD_EXISTS' },
  );
}
