import type { CtrlIfError } from '../../../errors.ts';
import type { ChannelAllocator } from '../../context.ts';
import type { Device } from '../../manager/device.ts';
import { type Attachment, DeviceManager } from '../../manager/device-manager.ts';
import { USB } from './wire.ts';

/** A host port for a domain. */
export interface PortClaim {
  /** In the host's style, at most 16 bytes: `1-1.2`. */
  readonly path: string;
  /** The port on the domain's virtual root hub. */
  readonly usbifPort: number;
}

export interface UsbDeviceOptions {
  /** Microseconds of each 1 ms frame for isochronous and interrupt transfers; default 500, the original's. */
  readonly bandwidth?: number;
  readonly ports?: readonly PortClaim[];
}

/** The USB controller of one frontend, and the host ports behind it. */
export class UsbDevice {
  readonly device: Device;

  /** @internal */
  constructor(device: Device) {
    this.device = device;
  }

  /**
   * Gives a host port to the domain; a connected frontend is told CONNECTED again, with the new number of ports.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` with the backend's status as `received`: ERROR where path or port is
   *   taken, OUT_OF_MEMORY
   */
  async claimPort({ path, usbifPort }: PortClaim): Promise<void> {
    await this.device.change(about(path), this.device.toBackend('USBIF_BE_CLAIM_PORT', { path, usbifPort }));
  }

  /** Why the domain has not that port, where the backend refused it when the interface was created. */
  refusalOf(path: string): CtrlIfError | undefined {
    return this.device.refusals.get(about(path));
  }

  /** Takes a host port back. @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` where nobody has that port */
  async releasePort(path: string): Promise<void> {
    await this.device.changeBack(about(path), { name: 'USBIF_BE_RELEASE_PORT', path });
  }
}

/** The controller's part of all USB controllers: one a domain. */
export class UsbManager extends DeviceManager {
  constructor(channels: ChannelAllocator) {
    super(USB, channels);
  }

  /** See {@link DeviceManager.attachDevice}. */
  async attach(attachment: Omit<Attachment, 'handle'>, options: UsbDeviceOptions = {}): Promise<UsbDevice> {
    const { bandwidth = 500, ports = [] } = options;
    let numPorts = () => 0;
    const status = () => ({ bandwidth, numPorts: numPorts() });
    const claim = async (device: Device) => {
      numPorts = () => numPortsOf(device);
      for (const port of ports) await new UsbDevice(device).claimPort(port);
    };
    return new UsbDevice(await this.attachDevice(attachment, { connect: { bandwidth }, status }, claim));
  }
}

const about = (path: string): string => `port ${path}`;

/** Ports are polled up to this number: the highest, not how many (PROTOCOL.md 3.9). */
function numPortsOf({ settings, refusals }: Device): number {
  const claimed = [...settings].filter(([port]) => !refusals.has(port));
  return Math.max(0, ...claimed.map(([, { usbifPort }]) => (usbifPort as number) + 1));
}
