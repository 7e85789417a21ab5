import type { DeviceClass } from '../device/class.ts';
import type { ChannelAllocator, ChannelPair, Peer } from '../device/context.ts';
import type { Device } from '../device/manager/device.ts';
import { DeviceManager } from '../device/manager/device-manager.ts';
import type { Domain } from '../domain/domain.ts';
import type { ControllerChannels } from '../domain/event-channels.ts';
import { CtrlIfError } from '../errors.ts';
import type { EventLog } from './event-log.ts';

/** Milliseconds that a domain has to answer a device message, 20 s as in the original. After that it counts as missing. */
const ANSWER_TIMEOUT = 20_000;

/** The device manager of one class. */
export interface ClassManager {
  readonly manager: DeviceManager;
  /** The state that all devices of the class share, from `DeviceClass.shared`. */
  readonly shared: unknown;
}

/** The device managers of all classes of a machine. */
export class DeviceManagers {
  readonly #managers: ReadonlyMap<DeviceClass, ClassManager>;
  readonly #log: EventLog;
  /** Channels over which a pattern and a notification have passed both ways. */
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
        this.#record(name, device, device.state);
        for (const changed of this.#onChange.splice(0)) changed();
      });
      // The guest that asked has got a status, or has died.
      manager.on('error', (error) => log.failed(name, error));
    }
  }

  get classes(): readonly DeviceClass[] {
    return [...this.#managers.keys()];
  }

  /** The manager of `deviceClass`, which the machine must have. */
  of(deviceClass: DeviceClass): ClassManager {
    return this.#managers.get(deviceClass)!;
  }

  /** Receives the device messages of a domain that has just connected, and answers its questions about devices. */
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
        this.#record(name, device, 'crossed');
      }
    });
  }

  /** The domain has ended. Its devices are destroyed at their backends (PROTOCOL.md 3.6). The devices that it served wait. */
  async remove(domid: number): Promise<void> {
    for (const { manager } of this.#managers.values()) await manager.removeFrontend(domid);
    // Not awaited: a frontend that does not answer must not delay the next life. The events of a device keep their order.
    for (const { manager } of this.#managers.values()) void manager.removeBackend(domid);
  }

  /** Moves the devices that the backends of domain `ended` served to the backends of `domid`. */
  async replaceBackend(ended: number, domid: number): Promise<void> {
    await Promise.all([...this.#managers.values()].map(({ manager }) => manager.replaceBackend(ended, domid)));
  }

  /** Whether the backend has answered the frontend's pattern since the device was connected. */
  hasCrossed({ channel }: Device): boolean {
    return channel !== undefined && this.#crossed.has(channel);
  }

  /** Resolves at the next change of any device's state. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #record(className: string, { frontend, backend, handle }: Device, result: string): void {
    this.#log.record({
      kind: 'device',
      from: frontend.domid,
      to: backend.domid,
      name: `${className} ${handle}`,
      result,
    });
  }
}

function find(manager: DeviceManager, frontend: number, handle: number): Device | undefined {
  return manager.devicesOf(frontend).find((device) => device.handle === handle);
}

/** The event channels of devices. The ports of a domain that has died are closed already. */
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
