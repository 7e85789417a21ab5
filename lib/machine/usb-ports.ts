import type { PortClaim, UsbDevice } from '../device/classes/usb/manager.ts';
import { CtrlIfError } from '../errors.ts';
import type { DeviceManagers } from './device-managers.ts';
import { where } from './disks.ts';
import { type Attaching, type ClassDevices, type Describe, type DevicesContext, noDevice } from './domain-devices.ts';
import type { DeviceInfo, UsbConfig } from './operations.ts';

/** The USB controller of a domain, handle 0, and the host ports behind it: all of one backend. */
export class UsbPorts implements ClassDevices {
  /** Port numbers by path. */
  readonly #ports = new Map<string, number>();
  #backend: string | undefined;
  #device: UsbDevice | undefined;

  async attach(at: Attaching, { path, ...config }: UsbConfig): Promise<void> {
    const backend = at.backend(config.backend);
    if (this.#ports.size > 0 && this.#backend !== backend.name) throw oneBackend(this.#backend!, backend.name);
    const owner = at.portOwner(backend.name, path);
    if (owner !== undefined && !this.#isAsked(path)) throw claimed(path, owner);
    const usbifPort = this.#freePort();
    const isNew = !this.#ports.has(path);
    // Before anything is awaited, so that no other domain finds it free.
    this.#backend = backend.name;
    if (isNew) this.#ports.set(path, usbifPort);
    try {
      if (this.#device) await this.#device.claimPort({ path, usbifPort });
      else this.#device = await at.managers.usb.attach(where(at, backend, 0), { ports: [{ path, usbifPort }] });
    } catch (error) {
      if (isNew) this.#ports.delete(path);
      throw error;
    }
  }

  /** Whether that port of that backend is this domain's, also while it is suspended or between two lives. */
  has(backend: string, path: string): boolean {
    return this.#backend === backend && this.#ports.has(path);
  }

  async detach({ managers }: DevicesContext, path: string): Promise<void> {
    const paths = [...this.#ports.keys()].join(', ') || 'none';
    if (!this.#ports.has(path)) throw noDevice(`the domain has no USB port ${path}`, `one of ${paths}`, path);
    if (this.#ports.size > 1) await this.#device?.releasePort(path);
    else {
      // The last port takes the controller along.
      if (this.#device) await managers.usb.detach(this.#device.device);
      this.#device = undefined;
    }
    this.#ports.delete(path);
  }

  async replay(at: Attaching): Promise<void> {
    if (this.#device || this.#ports.size === 0) return;
    const backend = at.backend(this.#backend);
    if (backend.domid === undefined) return;
    const ports = [...this.#ports].map(([path, usbifPort]): PortClaim => ({ path, usbifPort }));
    this.#device = await at.managers.usb.attach({ ...where(at, backend, 0), lasting: true }, { ports });
    for (const error of this.#device.device.problems) throw error;
  }

  async release(managers: DeviceManagers): Promise<void> {
    if (this.#device) await managers.usb.detach(this.#device.device);
    this.lifeEnded();
  }

  lifeEnded(): void {
    this.#device = undefined;
  }

  domainGone(): void {
    this.#ports.clear();
  }

  list(describe: Describe): DeviceInfo[] {
    return [...this.#ports].map(([path, port]): DeviceInfo => {
      const ends = describe(this.#device?.device, this.#device?.refusalOf(path));
      return { class: 'usb', handle: 0, id: path, ...ends, port };
    });
  }

  /** Whether the backend itself can say that it has given this domain that port. */
  #isAsked(path: string): boolean {
    const isThere = ['CONNECTED', 'DISCONNECTED'].includes(this.#device?.device.state ?? '');
    return this.#ports.has(path) && isThere && !this.#device?.refusalOf(path);
  }

  #freePort(): number {
    const taken = new Set(this.#ports.values());
    let port = 0;
    while (taken.has(port)) port++;
    return port;
  }
}

function oneBackend(has: string, asked: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_STATE',
    `the domain's USB ports come from ${has} and cannot come from ${asked} as well: a domain has one USB controller; take a port of ${has}`,
    { expected: has, received: asked },
  );
}

function claimed(path: string, owner: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_REFUSED',
    `USB port ${path} is domain ${owner}'s already; take another port, or detach that one first`,
    { subject: 'USBIF_BE_CLAIM_PORT', expected: 'a port that is free', received: 'ERROR' },
  );
}
