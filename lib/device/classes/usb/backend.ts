import { Backend, type BackendCall, type BackendOptions } from '../../backend/backend.ts';
import { BackendInterface } from '../../backend/interface.ts';
import { Refusal } from '../../backend/refusal.ts';
import type { BackendContext, PendingRequest } from '../../context.ts';
import type { InterfaceId } from '../../wire.ts';
import { USB_BACKEND, type UsbBackendAction, type UsbBackendEvent } from './backend-table.ts';
import { type PortHooks, type ResetOutcome, type UsbPort, UsbPorts } from './ports.ts';
import { USB } from './wire.ts';

/** Limits of a {@link UsbBackend}. */
export interface UsbBackendOptions extends BackendOptions {
  /** The maximum number of claimed ports of all domains. The next CLAIM_PORT is answered OUT_OF_MEMORY. Default 128. */
  maxPorts?: number;
}

/** A USB backend. Extend it for a data path: see {@link Backend} for the pages. `onPlugged` and `onUnplugged` are called for claimed ports. */
export class UsbBackend extends Backend<BackendInterface, UsbBackendEvent, UsbBackendAction> implements PortHooks {
  readonly #maxPorts: number;
  readonly #peer: BackendContext['peer'];
  readonly #ports = new UsbPorts(this);
  #removeReceiver: () => void = () => {};

  /** The USB backend of a driver domain: pass `backendContext(guest)`. */
  constructor(context: BackendContext, options: UsbBackendOptions = {}) {
    super(USB, USB_BACKEND, context, options);
    this.#peer = context.peer;
    this.#maxPorts = options.maxPorts ?? 128;
  }

  /** A device is in a claimed port. Take it for the owner of the port. */
  onPlugged(_port: UsbPort): void | Promise<void> {}
  /** The device or the owner of the port is gone. Give the device back. */
  onUnplugged(_port: UsbPort): void | Promise<void> {}

  /** The claimed ports of that domain. */
  portsOf(domid: number): readonly UsbPort[] {
    return this.#ports.ownedBy(domid);
  }

  /** The host has plugged a device into that port. Nothing happens when no domain has claimed the port. */
  async plug(path: string): Promise<void> {
    await this.#ports.fire(path, 'plugged');
  }

  /** The host has unplugged the device of that port. Nothing happens when no domain has claimed the port. */
  async unplug(path: string): Promise<void> {
    await this.#ports.fire(path, 'unplugged');
  }

  /** A guest resets its port of that number. For a number that it has not claimed the result is `no port` (PROTOCOL.md 2.16, 5.3 H25). */
  async reset(domid: number, number: number): Promise<ResetOutcome> {
    const port = this.portsOf(domid).find(({ owner }) => owner!.number === number);
    return (await this.#ports.fire(port?.path ?? '', 'reset')) as ResetOutcome;
  }

  override async start(): Promise<void> {
    this.#removeReceiver = this.#peer.receive(
      'USBIF_BE_RELEASE_PORT',
      async ({ path }: { path: string }, request: PendingRequest) => {
        if ((await this.#ports.fire(path, 'RELEASE')) === 'not understood') request.respondNotUnderstood();
      },
    );
    await super.start();
  }

  override async stop(): Promise<void> {
    this.#removeReceiver();
    await super.stop();
  }

  /** Releases the ports of the interface's domain. A backend that overrides it must call it. */
  override async onDestroy({ domid }: BackendInterface): Promise<void> {
    for (const { path } of this.portsOf(domid)) await this.#ports.fire(path, 'ownerDestroyed');
  }

  protected override messages(): { readonly [event: string]: string } {
    return { ...super.messages(), CLAIM_PORT: 'USBIF_BE_CLAIM_PORT' };
  }

  protected override newInterface(id: InterfaceId): BackendInterface {
    return new BackendInterface(id);
  }

  protected override readonly ownActions = {
    findUnclaimed: ({ interface: { domid }, message }: BackendCall<BackendInterface>) => {
      const isTaken = this.portsOf(domid).some(({ owner }) => owner!.number === message.usbifPort);
      if (isTaken || this.#ports.get(message.path as string)) throw new Refusal('ERROR');
    },
    allocatePort: () => {
      if (this.#ports.claimed.length >= this.#maxPorts) throw new Refusal('OUT_OF_MEMORY');
    },
    claim: ({ interface: { domid }, message }: BackendCall<BackendInterface>) =>
      this.#ports.fire(message.path as string, 'CLAIM', { domid, number: message.usbifPort as number }),
  };
}
