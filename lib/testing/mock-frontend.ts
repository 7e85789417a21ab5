import type { ChannelPair, SharedFrame } from '../device/context.ts';
import { FrontendConnection } from '../device/frontend/interface.ts';
import { backendMessage, type DeviceWire, frameFields, type InterfaceId } from '../device/wire.ts';
import type { MockDomain, MockMachine } from './mock-machine.ts';

/** The domains of a {@link MockFrontend}. */
export interface MockFrontendOptions {
  /** The domid of the frontend. Default 1. */
  domid?: number;
  /** The domid of the driver domain. Default 2. */
  backend?: number;
  /** The handle of the interface. Default 0. */
  handle?: number;
}

/**
 * Controller and frontend in one, for tests of a backend. Each method sends one message to the backend and resolves with the name of the
 * status in the answer.
 *
 * ```js
 * const machine = new MockMachine();
 * const backend = new MyDisks(machine.domain(2).backend);
 * const frontend = new MockFrontend(machine, BLOCK);
 * await backend.start();
 * await frontend.create(); // 'OKAY'
 * await frontend.connect(); // 'OKAY'
 * frontend.pages[0].write(0, request);
 * frontend.notify();
 * ```
 */
export class MockFrontend implements InterfaceId {
  /** The domid of the frontend. */
  readonly domid: number;
  /** The handle of the interface. */
  readonly handle: number;
  /** The number of notifications from the backend. */
  notified = 0;
  /** The last DRIVER_STATUS of the backend, 1 for UP. Undefined before, and except at the first mock frontend of the backend. */
  driverStatus: number | undefined;
  readonly #machine: MockMachine;
  readonly #wire: DeviceWire;
  readonly #backend: MockDomain;
  #connection: FrontendConnection | undefined;
  #channel: ChannelPair | undefined;

  /** A frontend without an interface: call {@link create}, then {@link connect}. */
  constructor(machine: MockMachine, wire: DeviceWire, options: MockFrontendOptions = {}) {
    this.domid = options.domid ?? 1;
    this.handle = options.handle ?? 0;
    this.#machine = machine;
    this.#wire = wire;
    this.#backend = machine.domain(options.backend ?? 2);
    // The DRIVER_STATUS of a backend has one receiver, also with several mock frontends.
    const { controller } = this.#backend;
    if (controller.receives(wire.backend.DRIVER_STATUS)) return;
    controller.receive(wire.backend.DRIVER_STATUS, ({ status }) => {
      this.driverStatus = status;
    });
  }

  /** The pages of the last CONNECT that was answered OKAY, until a DISCONNECT is answered OKAY. */
  get pages(): readonly SharedFrame[] {
    return this.#connection?.shared ?? [];
  }

  /** Notifies the backend. Does nothing unless connected. */
  notify(): void {
    this.#connection?.notify();
  }

  /** Sends CREATE. `fields` replace those of the message. */
  create(fields?: object): Promise<string> {
    return this.ask(this.#wire.backend.CREATE, fields);
  }

  /** Sends DESTROY. */
  destroy(): Promise<string> {
    return this.ask(this.#wire.backend.DESTROY);
  }

  /** Sends CONNECT with new pages and a new event channel. `fields` replace those of the message. */
  async connect(fields: object = {}): Promise<string> {
    const backend = this.#backend.domid;
    const channel = await this.#machine.channels.bind(backend, this.domid);
    const { frontend } = this.#machine.domain(this.domid);
    const connection = new FrontendConnection(frontend, backend, this.#wire.frameFields.length);
    connection.bind(channel.portB, () => {
      this.notified++;
    });
    const frames = frameFields(this.#wire, connection.frames);
    const answer = await this.ask(this.#wire.backend.CONNECT, {
      ...frames,
      evtchn: channel.portA,
      ...fields,
    });
    if (answer !== 'OKAY') {
      connection.end();
      this.#machine.channels.close(channel);
    } else {
      this.#connection = connection;
      this.#channel = channel;
    }
    return answer;
  }

  /** Sends DISCONNECT. After the answer OKAY the pages are freed and the channel is closed. */
  async disconnect(): Promise<string> {
    const answer = await this.ask(this.#wire.backend.DISCONNECT);
    if (answer === 'OKAY' && this.#connection) {
      this.#connection.end();
      this.#machine.channels.close(this.#channel!);
      this.#connection = undefined;
    }
    return answer;
  }

  /** Sends any message about this interface. Resolves with the name of the status in the answer, or `status N` for an unknown one. */
  async ask(name: string, fields: object = {}): Promise<string> {
    const { backend, ownFields } = this.#wire;
    const own = { [backend.CREATE]: ownFields?.create, [backend.CONNECT]: ownFields?.connect }[name];
    const message = backendMessage(this.#wire, name, this, { ...own, ...fields });
    const answer = await this.#backend.controller.request(message);
    const found = Object.entries(this.#wire.statuses).find(([, status]) => status === answer.status);
    return found?.[0] ?? `status ${answer.status}`;
  }
}
