import type { NetworkDevice } from '../device/classes/network/manager.ts';
import { type CreditLimit, UNLIMITED_CREDIT } from '../device/classes/network/token-bucket.ts';
import type { DeviceManagers } from './device-managers.ts';
import { where } from './disks.ts';
import { type Attaching, type ClassDevices, type Describe, type DevicesContext, noDevice } from './domain-devices.ts';
import { forEachSettled } from './for-each-settled.ts';
import type { DeviceInfo, VifConfig } from './operations.ts';

interface Vif {
  config: VifConfig & { readonly mac: string; readonly backend: string };
  device: NetworkDevice | undefined;
}

/** The network interfaces of a domain, by handle. */
export class Vifs implements ClassDevices {
  readonly #vifs = new Map<number, Vif>();

  /** Resolves with the handle. */
  async attach(at: Attaching, config: VifConfig & { mac: string }): Promise<number> {
    const { name } = at.backend(config.backend);
    let handle = 0;
    while (this.#vifs.has(handle)) handle++;
    const vif: Vif = { config: { ...config, backend: name }, device: undefined };
    vif.device = await attach(at, handle, vif);
    this.#vifs.set(handle, vif);
    return handle;
  }

  async detach({ managers }: DevicesContext, handle: number): Promise<void> {
    const { device } = this.#get(handle);
    if (device) await managers.network.detach(device.device);
    this.#vifs.delete(handle);
  }

  async limit(handle: number, credit: VifConfig['credit']): Promise<void> {
    const vif = this.#get(handle);
    await vif.device?.setCreditLimit(limitOf(credit));
    const { credit: _, ...rest } = vif.config;
    vif.config = credit ? { ...rest, credit } : rest;
  }

  replay(at: Attaching): Promise<void> {
    return forEachSettled(this.#vifs, async ([handle, vif]) => {
      if (vif.device || at.backend(vif.config.backend).domid === undefined) return;
      vif.device = await attach(at, handle, vif, true);
      for (const error of vif.device.device.problems) throw error;
    });
  }

  async release(managers: DeviceManagers): Promise<void> {
    for (const vif of this.#vifs.values()) {
      if (vif.device) await managers.network.detach(vif.device.device);
      vif.device = undefined;
    }
  }

  lifeEnded(): void {
    for (const vif of this.#vifs.values()) vif.device = undefined;
  }

  domainGone(): void {
    this.#vifs.clear();
  }

  list(describe: Describe): DeviceInfo[] {
    return [...this.#vifs].map(([handle, { config, device }]): DeviceInfo => {
      const credit = config.credit && { credit: config.credit };
      return { class: 'network', handle, id: config.mac, ...describe(device?.device), ...credit };
    });
  }

  #get(handle: number): Vif {
    const found = this.#vifs.get(handle);
    if (found) return found;
    const handles = [...this.#vifs.keys()].join(', ') || 'none';
    throw noDevice(`there is no vif with handle ${handle}`, `one of ${handles}`, handle);
  }
}

function attach(at: Attaching, handle: number, { config }: Vif, lasting = false): Promise<NetworkDevice> {
  const { mac, credit, backend } = config;
  const limit = credit && { creditLimit: limitOf(credit) };
  return at.managers.network.attach({ ...where(at, at.backend(backend), handle), lasting }, { mac, ...limit });
}

const limitOf = (credit: VifConfig['credit']): CreditLimit =>
  credit
    ? { creditBytes: credit.bytes, periodUsec: credit.microseconds }
    : { creditBytes: UNLIMITED_CREDIT, periodUsec: 0 };
