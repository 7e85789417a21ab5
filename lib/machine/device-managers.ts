import type { DeviceClass } from '../device/class.ts';
import type { ChannelAllocator, ChannelPair, Peer } from '../device/context.ts';
import type { Device } from '../device/manager/device.ts';
import { DeviceManager } from '../device/manager/device-manager.ts';
import type { Domain } from '../domain/domain.ts';
import type { ControllerChannels } from '../domain/event-channels.ts';
import { CtrlIfError } from '../errors.ts';
import type { EventLog } from './event-log.ts';

/** Milliseconds that a domain has for the answer to a device message, the original's 20 s; then it is as one that is not there. */
const ANSWER_TIMEOUT = 20_000;

/** The controller's part of one class. */
export interface ClassManager {
  readonly manager: DeviceManager;
  /** What all devices of the class share. */
  readonly shared: unknown;
}

/** The controller's part of all devices of all classes, over real domains. */
export class DeviceManagers {
  readonly #managers: ReadonlyMap<DeviceClass, ClassManager>;
  readonly #log: EventLog;
  /** Channels over which a pattern and a notification have crossed both ways. */
  readonly #crossed = new WeakSet<ChannelPair>();
  readonly #onChange: (() => void)[] = [];

  constructor(classes: readonly DeviceClass[], channels: ControllerChannels, log: EventLog) {
    const allocator = new Allocator(channels);
    this.#log = log;
    this.#managers = new Map(
      classes.map((deviceClass) => [
        deviceClass,
        { manager: new DeviceManager(deviceClass.wire, allocator), shared: deviceClass.shared?.() },
      ]),
    );
    for (const [{ name }, { manager }] of this.#managers) {
      manager.on('state', (device) => {
        this.#tell(name, device, device.state);
        for (const changed of this.#onChange.splice(0)) changed();
      });
      // Its requester has been told by a status, or is dead.
      manager.on('error', (error) => log.failed(name, error));
    }
  }

  get classes(): readonly DeviceClass[] {
    return [...this.#managers.keys()];
  }

  of(deviceClass: DeviceClass): ClassManager {
    return this.#managers.get(deviceClass)!;
  }

  /** Takes the device messages of a domain that has just connected, and answers what it asks about devices. */
  add(domain: Domain): void {
    const peer: Peer = {
      request: (message) => domain.request(message, { timeout: ANSWER_TIMEOUT }),
      receive: (name, handler) => domain.receive(name, handler as never),
    };
    for (const [deviceClass, { manager, shared }] of this.#managers) {
      manager.addFrontend(domain.domid, peer);
      manager.addBackend(domain.domid, peer);
      deviceClass.answer?.(shared, domain.controlSocket);
    }
    domain.controlSocket.answer('device-crossed', ({ class: name, handle, port }) => {
      for (const [deviceClass, { manager }] of this.#managers) {
        const device = deviceClass.name === name ? find(manager, domain.domid, handle) : undefined;
        if (device?.channel?.portB !== port) continue;
        this.#crossed.add(device.channel);
        this.#tell(name, device, 'crossed');
      }
    });
  }

  /** The domain has ended: its devices are destroyed at their backends, in the order of PROTOCOL.md 3.6; those it served wait. */
  async remove(domid: number): Promise<void> {
    for (const { manager } of this.#managers.values()) await manager.removeFrontend(domid);
    // Not awaited: frontends are told, and one that stands still is no reason for the next life to wait. A device's events keep their order.
    for (const { manager } of this.#managers.values()) void manager.removeBackend(domid);
  }

  /** What the backends of domain `ended` served, `domid` serves from now on. */
  async replaceBackend(ended: number, domid: number): Promise<void> {
    await Promise.all([...this.#managers.values()].map(({ manager }) => manager.replaceBackend(ended, domid)));
  }

  /** Whether what its frontend has written has come back from its backend, since it was connected. */
  hasCrossed({ channel }: Device): boolean {
    return channel !== undefined && this.#crossed.has(channel);
  }

  /** Resolves when any device is in another state than before. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #tell(className: string, { frontend, backend, handle }: Device, result: string): void {
    this.#log.tell({ kind: 'device', from: frontend.domid, to: backend.domid, name: `${className} ${handle}`, result });
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
