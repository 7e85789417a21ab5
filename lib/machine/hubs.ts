import { BlockHub } from '../device/block/hub.ts';
import type { ChannelAllocator, ChannelPair, Peer } from '../device/context.ts';
import { NetworkHub } from '../device/network/hub.ts';
import type { DeviceHub } from '../device/relay/hub.ts';
import type { Relay } from '../device/relay/relay.ts';
import { UsbHub } from '../device/usb/hub.ts';
import type { Domain } from '../domain/domain.ts';
import type { ControllerChannels } from '../domain/event-channels.ts';
import { CtrlIfError } from '../errors.ts';
import type { EventLog } from './event-log.ts';
import type { DeviceClass } from './operations.ts';

/** Milliseconds that a domain has for the answer to a device message, the original's 20 s; then it is as one that is not there. */
const ANSWER_TIMEOUT = 20_000;

/** The controller's part of all devices of all classes, over real domains. */
export class Hubs {
  readonly block: BlockHub;
  readonly network: NetworkHub;
  readonly usb: UsbHub;
  readonly #log: EventLog;
  /** Channels over which a pattern and a notification have crossed both ways. */
  readonly #crossed = new WeakSet<ChannelPair>();
  readonly #onChange: (() => void)[] = [];

  constructor(channels: ControllerChannels, log: EventLog) {
    const allocator = new Allocator(channels);
    this.#log = log;
    this.block = new BlockHub(allocator);
    this.network = new NetworkHub(allocator);
    this.usb = new UsbHub(allocator);
    for (const [of, hub] of this.#entries) {
      hub.on('state', (relay) => {
        this.#tell(of, relay, relay.state);
        for (const changed of this.#onChange.splice(0)) changed();
      });
      // Its requester has been told by a status, or is dead.
      hub.on('error', (error) => log.failed(of, error));
    }
  }

  /** Takes the device messages of a domain that has just connected. */
  add(domain: Domain): void {
    const peer: Peer = {
      request: (message) => domain.request(message, { timeout: ANSWER_TIMEOUT }),
      receive: (name, handler) => domain.receive(name, handler as never),
    };
    for (const [, hub] of this.#entries) {
      hub.addFrontend(domain.domid, peer);
      hub.addBackend(domain.domid, peer);
    }
    domain.controlSocket.answer('device-crossed', ({ class: name, handle, port }) => {
      for (const [of, hub] of this.#entries) {
        const relay = of === name ? find(hub, domain.domid, handle) : undefined;
        if (relay?.channel?.portB !== port) continue;
        this.#crossed.add(relay.channel);
        this.#tell(of, relay, 'crossed');
      }
    });
  }

  /** The domain has ended: its devices are destroyed at their backends, in the order of PROTOCOL.md 3.6; those it served wait. */
  async remove(domid: number): Promise<void> {
    for (const [, hub] of this.#entries) await hub.removeFrontend(domid);
    // Not awaited: frontends are told, and one that stands still is no reason for the next life to wait. A device's events keep their order.
    for (const [, hub] of this.#entries) void hub.removeBackend(domid);
  }

  /** What the backends of domain `ended` served, `domid` serves from now on. */
  async replaceBackend(ended: number, domid: number): Promise<void> {
    await Promise.all(this.#entries.map(([, hub]) => hub.replaceBackend(ended, domid)));
  }

  /** Whether what its frontend has written has come back from its backend, since it was connected. */
  hasCrossed({ channel }: Relay): boolean {
    return channel !== undefined && this.#crossed.has(channel);
  }

  /** Resolves when any device is in another state than before. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  get #entries(): readonly (readonly [DeviceClass, DeviceHub])[] {
    return [
      ['block', this.block],
      ['network', this.network],
      ['usb', this.usb],
    ];
  }

  #tell(of: DeviceClass, { frontend, backend, handle }: Relay, result: string): void {
    this.#log.tell({ kind: 'device', from: frontend.domid, to: backend.domid, name: `${of} ${handle}`, result });
  }
}

function find(hub: DeviceHub, frontend: number, handle: number): Relay | undefined {
  return hub.devicesOf(frontend).find((relay) => relay.handle === handle);
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
