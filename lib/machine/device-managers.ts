import { BlockManager } from '../device/classes/block/manager.ts';
import { NetworkManager } from '../device/classes/network/manager.ts';
import { UsbManager } from '../device/classes/usb/manager.ts';
import type { ChannelAllocator, ChannelPair, Peer } from '../device/context.ts';
import type { Device } from '../device/manager/device.ts';
import type { DeviceManager } from '../device/manager/device-manager.ts';
import type { Domain } from '../domain/domain.ts';
import type { ControllerChannels } from '../domain/event-channels.ts';
import { CtrlIfError } from '../errors.ts';
import type { EventLog } from './event-log.ts';
import type { DeviceClass } from './operations.ts';

/** Milliseconds that a domain has for the answer to a device message, the original's 20 s; then it is as one that is not there. */
const ANSWER_TIMEOUT = 20_000;

/** The controller's part of all devices of all classes, over real domains. */
export class DeviceManagers {
  readonly block: BlockManager;
  readonly network: NetworkManager;
  readonly usb: UsbManager;
  readonly #log: EventLog;
  /** Channels over which a pattern and a notification have crossed both ways. */
  readonly #crossed = new WeakSet<ChannelPair>();
  readonly #onChange: (() => void)[] = [];

  constructor(channels: ControllerChannels, log: EventLog) {
    const allocator = new Allocator(channels);
    this.#log = log;
    this.block = new BlockManager(allocator);
    this.network = new NetworkManager(allocator);
    this.usb = new UsbManager(allocator);
    for (const [of, manager] of this.#entries) {
      manager.on('state', (device) => {
        this.#tell(of, device, device.state);
        for (const changed of this.#onChange.splice(0)) changed();
      });
      // Its requester has been told by a status, or is dead.
      manager.on('error', (error) => log.failed(of, error));
    }
  }

  /** Takes the device messages of a domain that has just connected. */
  add(domain: Domain): void {
    const peer: Peer = {
      request: (message) => domain.request(message, { timeout: ANSWER_TIMEOUT }),
      receive: (name, handler) => domain.receive(name, handler as never),
    };
    for (const [, manager] of this.#entries) {
      manager.addFrontend(domain.domid, peer);
      manager.addBackend(domain.domid, peer);
    }
    domain.controlSocket.answer('device-crossed', ({ class: name, handle, port }) => {
      for (const [of, manager] of this.#entries) {
        const device = of === name ? find(manager, domain.domid, handle) : undefined;
        if (device?.channel?.portB !== port) continue;
        this.#crossed.add(device.channel);
        this.#tell(of, device, 'crossed');
      }
    });
  }

  /** The domain has ended: its devices are destroyed at their backends, in the order of PROTOCOL.md 3.6; those it served wait. */
  async remove(domid: number): Promise<void> {
    for (const [, manager] of this.#entries) await manager.removeFrontend(domid);
    // Not awaited: frontends are told, and one that stands still is no reason for the next life to wait. A device's events keep their order.
    for (const [, manager] of this.#entries) void manager.removeBackend(domid);
  }

  /** What the backends of domain `ended` served, `domid` serves from now on. */
  async replaceBackend(ended: number, domid: number): Promise<void> {
    await Promise.all(this.#entries.map(([, manager]) => manager.replaceBackend(ended, domid)));
  }

  /** Whether what its frontend has written has come back from its backend, since it was connected. */
  hasCrossed({ channel }: Device): boolean {
    return channel !== undefined && this.#crossed.has(channel);
  }

  /** Resolves when any device is in another state than before. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  get #entries(): readonly (readonly [DeviceClass, DeviceManager])[] {
    return [
      ['block', this.block],
      ['network', this.network],
      ['usb', this.usb],
    ];
  }

  #tell(of: DeviceClass, { frontend, backend, handle }: Device, result: string): void {
    this.#log.tell({ kind: 'device', from: frontend.domid, to: backend.domid, name: `${of} ${handle}`, result });
  }
}

function find(manager: DeviceManager, frontend: number, handle: number): Device | undefined {
  return manager.devicesOf(frontend).find((device) => device.handle === handle);
}

/** Event channels as devices want them: a domain that has died has taken its ends along. */
class Allocator implements ChannelAllocator {
  readonly #channels: ControllerChannels;
  readonly #domains = new WeakMap<ChannelPair, readonly [number, number]>();

  constructor(channels: ControllerChannels) {
    this.#channels = channels;
  }

  async bind(domA: number, domB: number): Promise<ChannelPair> {
    const [portA, portB] = await this.#channels.connect(domA, domB);
    const pair = { portA, portB };
    this.#domains.set(pair, [domA, domB]);
    return pair;
  }

  close(pair: ChannelPair): void {
    const [domA, domB] = this.#domains.get(pair)!;
    this.#disconnect(domA, pair.portA);
    this.#disconnect(domB, pair.portB);
  }

  #disconnect(domid: number, port: number): void {
    try {
      this.#channels.disconnect(domid, port);
    } catch (error) {
      const gone = ['ERR_CTRL_IF_DOMAIN', 'ERR_CTRL_IF_PORT_NOT_BOUND'];
      if (!(error instanceof CtrlIfError) || !gone.includes(error.code)) throw error;
    }
  }
}
