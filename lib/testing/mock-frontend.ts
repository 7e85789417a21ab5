import type { ChannelPair, SharedFrame } from '../device/context.ts';
import { FrontendConnection } from '../device/frontend/interface.ts';
import { backendMessage, type DeviceWire, frameFields, type InterfaceId } from '../device/wire.ts';
import type { MockDomain, MockMachine } from './mock-machine.ts';

export interface MockFrontendOptions {
  /** The frontend's domain; default 1. */
  domid?: number;
  /** The driver domain; default 2. */
  backend?: number;
  /** Default 0. */
  handle?: number;
}

/**
 * Controller and frontend in one, for tests of a backend: it sends the backend each message when it is told to, and says what
 * was answered by its name.
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
  readonly domid: number;
  readonly handle: number;
  /** How often the backend has notified. */
  notified = 0;
  /** What the backend's driver has said last, 1 for UP; undefined before, and at all but the backend's first mock frontend. */
  driverStatus: number | undefined;
  readonly #machine: MockMachine;
  readonly #wire: DeviceWire;
  readonly #backend: MockDomain;
  #connection: FrontendConnection | undefined;
  #channel: ChannelPair | undefined;

  constructor(machine: MockMachine, wire: DeviceWire, options: MockFrontendOptions = {}) {
    this.domid = options.domid ?? 1;
    this.handle = options.handle ?? 0;
    this.#machine = machine;
    this.#wire = wire;
    this.#backend = machine.domain(options.backend ?? 2);
    // One controller hears the driver, however many frontends there are.
    const { controller } = this.#backend;
    if (controller.receives(wire.backend.DRIVER_STATUS)) return;
    controller.receive(wire.backend.DRIVER_STATUS, ({ status }) => {
      this.driverStatus = status;
    });
  }

  /** The pages of the last CONNECT that was sent, until a DISCONNECT is answered. */
  get pages(): readonly SharedFrame[] {
    return this.#connection?.shared ?? [];
  }

  notify(): void {
    this.#connection?.notify();
  }

  create(fields?: object): Promise<string> {
    return this.ask(this.#wire.backend.CREATE, fields);
  }

  destroy(): Promise<string> {
    return this.ask(this.#wire.backend.DESTROY);
  }

  /** Grants new pages and a new event channel; `fields` replace what is sent. */
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

  /** Pages and channel are let go when the answer says that they are free. */
  async disconnect(): Promise<string> {
    const answer = await this.ask(this.#wire.backend.DISCONNECT);
    if (answer === 'OKAY' && this.#connection) {
      this.#connection.end();
      this.#machine.channels.close(this.#channel!);
      this.#connection = undefined;
    }
    return answer;
  }

  /** Any message to the backend about this interface. Resolves with the name of the status in its answer. */
  async ask(name: string, fields: object = {}): Promise<string> {
    const { backend, ownFields } = this.#wire;
    const own = { [backend.CREATE]: ownFields?.create, [backend.CONNECT]: ownFields?.connect }[name];
    const message = backendMessage(this.#wire, name, this, { ...own, ...fields });
    const answer = await this.#backend.controller.request(message);
    const found = Object.entries(this.#wire.statuses).find(([, status]) => status === answer.status);
    return found?.[0] ?? `status ${answer.status}`;
  }
}
