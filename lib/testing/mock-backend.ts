import type { AnyMessage } from '../link/codec.ts';
import { mapFrames } from '../device/backend/refusal.ts';
import type { Channel, ChannelPair, MappedFrame, SharedFrame } from '../device/context.ts';
import {
  type DeviceWire,
  DRIVER_STATUS,
  fieldsOf,
  framesOf,
  frontendMessage,
  handleOf,
  INTERFACE_STATUSES,
  type InterfaceStatus,
} from '../device/wire.ts';
import type { MockDomain, MockMachine } from './mock-machine.ts';

/** The domains of a {@link MockBackend}, and its reaction to CONNECT. */
export interface MockBackendOptions {
  /** The domid of the driver domain. Default 2. */
  domid?: number;
  /** The domid of the frontend. Default 1. */
  frontend?: number;
  /** The handle of the interface. Default 0. */
  handle?: number;
  /** The reaction to CONNECT: `accept` maps the pages and sends CONNECTED, `refuse` sends DISCONNECTED, `hold` sends nothing. Default: accept. */
  onConnect?: 'accept' | 'refuse' | 'hold';
}

/**
 * Controller and backend in one, for tests of a frontend. It sends a status when the test calls `sendStatus`, answers CONNECT as `onConnect`
 * says, and has the frontend's pages while connected.
 */
export class MockBackend {
  /** The names of the messages that the frontend has sent, in order. */
  readonly received: string[] = [];
  /** The number of notifications from the frontend. */
  notified = 0;
  /** The reaction to the next CONNECT, as in {@link MockBackendOptions}. */
  onConnect: 'accept' | 'refuse' | 'hold';
  readonly #machine: MockMachine;
  readonly #wire: DeviceWire;
  readonly #frontend: MockDomain;
  readonly #domain: MockDomain;
  readonly #handle: number;
  #mapped: MappedFrame[] = [];
  #channel: Channel | undefined;
  #ports: ChannelPair | undefined;
  #status: InterfaceStatus = 'DISCONNECTED';

  /** Registers its receivers at the controller's end of the frontend's domain. @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` */
  constructor(machine: MockMachine, wire: DeviceWire, options: MockBackendOptions = {}) {
    this.#machine = machine;
    this.#wire = wire;
    this.#domain = machine.domain(options.domid ?? 2);
    this.#frontend = machine.domain(options.frontend ?? 1);
    this.#handle = options.handle ?? 0;
    this.onConnect = options.onConnect ?? 'accept';
    const { frontend } = wire;
    this.#receive(frontend.DRIVER_STATUS, async ({ status }) => {
      if (status === DRIVER_STATUS.DOWN) this.#release();
      else await this.sendStatus('DISCONNECTED');
      return fieldsOf(wire, frontend.DRIVER_STATUS, { maxHandle: this.#handle });
    });
    this.#receive(frontend.CONNECT, (message) => this.#connect(message));
    this.#receive(frontend.DISCONNECT, () => this.sendStatus('DISCONNECTED'));
    const { QUERY } = frontend;
    if (QUERY) this.#receive(QUERY, (message) => fieldsOf(wire, QUERY, this.#fields(this.#statusOf(message))));
  }

  /** The frontend's pages, while it is connected. */
  get pages(): readonly SharedFrame[] {
    return this.#mapped;
  }

  /** Notifies the frontend. Does nothing unless connected. */
  notify(): void {
    this.#channel?.notify();
  }

  /**
   * Sends INTERFACE_STATUS to the frontend. Resolves when the frontend has acted on it. CLOSED and DISCONNECTED first unmap the pages.
   *
   * @param fields fields that replace those of the message
   */
  async sendStatus(status: InterfaceStatus, fields: object = {}): Promise<void> {
    if (status === 'CLOSED' || status === 'DISCONNECTED') this.#release();
    if (status !== 'CHANGED') this.#status = status;
    const sent = { ...this.#fields(status), ...fields };
    await this.#frontend.controller.request(frontendMessage(this.#wire, 'INTERFACE_STATUS', this.#handle, sent));
  }

  #receive(name: string, handler: (message: AnyMessage) => unknown): void {
    this.#frontend.controller.receive(name, (message) => {
      this.received.push(name);
      return handler(message);
    });
  }

  async #connect(message: AnyMessage): Promise<void> {
    if (this.onConnect === 'hold') return;
    if (this.onConnect === 'refuse') {
      await this.sendStatus('DISCONNECTED');
      return;
    }
    const { backend, domid } = this.#domain;
    this.#mapped = await mapFrames(backend.frames, this.#frontend.domid, framesOf(this.#wire, message));
    this.#ports = await this.#machine.channels.bind(domid, this.#frontend.domid);
    this.#channel = backend.channels.bind(this.#ports.portA, () => {
      this.notified++;
    });
    await this.sendStatus('CONNECTED');
  }

  #statusOf(message: AnyMessage): InterfaceStatus {
    return handleOf(message) === this.#handle ? this.#status : 'CLOSED';
  }

  #fields(status: InterfaceStatus): object {
    return {
      status: INTERFACE_STATUSES.indexOf(status),
      evtchn: status === 'CONNECTED' ? (this.#ports?.portB ?? 0) : 0,
      domid: status === 'CLOSED' ? 0 : this.#domain.domid,
      ...this.#wire.ownFields?.status,
      ...this.#wire.ownFields?.connect,
    };
  }

  #release(): void {
    this.#channel?.close();
    for (const frame of this.#mapped.splice(0)) frame.unmap();
    if (this.#ports) this.#machine.channels.close(this.#ports);
    this.#channel = undefined;
    this.#ports = undefined;
  }
}
