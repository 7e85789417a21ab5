import { EventEmitter } from 'node:events';
import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { FrontendContext } from '../context.ts';
import { type Performer, StateMachine } from '../table.ts';
import { type DeviceWire, DRIVER_STATUS, frameFields, frontendMessage, handleOf, INTERFACE_STATUSES } from '../wire.ts';
import { FrontendConnection, FrontendInterface } from './interface.ts';
import type { FrontendAction, FrontendEvent, FrontendNotice, FrontendState, FrontendTable } from './table.ts';

/** Events of a {@link Frontend}. */
export interface FrontendEvents {
  /** The backend has mapped the pages and the port is bound. Send requests, also those that were unanswered at `disconnected`. */
  connected: [FrontendInterface];
  /** The pages and their unanswered requests are gone. `connected` follows, unless the user has called `disconnect`. */
  disconnected: [FrontendInterface];
  /** The interface no longer exists, or the driver is DOWN. */
  closed: [FrontendInterface];
  /** A part of the interface was added or removed: a disk or a port. */
  changed: [FrontendInterface];
  /** The controller refused to connect the interface. `connect` tries again. */
  refused: [FrontendInterface];
  /** The backend has notified. */
  notified: [FrontendInterface];
  /** A message could not be sent, or a page not be allocated. Without a listener the error is thrown. */
  error: [unknown];
}

interface FrontendCall {
  readonly interface: FrontendInterface;
  readonly message?: AnyMessage;
}

/** A driver of a class with more interfaces ignores the rest. */
const MAX_INTERFACES = 1024;

/** The frontend driver of one class in its guest, with all interfaces of the class. The controller numbers them by handle. */
export class Frontend extends EventEmitter<FrontendEvents> {
  readonly #wire: DeviceWire;
  readonly #table: FrontendTable;
  readonly #context: FrontendContext;
  readonly #interfaces = new Map<
    number,
    { readonly interface: FrontendInterface; readonly machine: FrontendMachine }
  >();
  /** The last request of each interface. The answer to an earlier CONNECT is dropped. */
  readonly #asked = new WeakMap<FrontendInterface, Promise<unknown>>();
  #receivers: (() => void)[] = [];
  #isUp = false;

  /** The frontend of the class that `wire` describes, with its table. {@link start} registers its receivers. */
  constructor(wire: DeviceWire, table: FrontendTable, context: FrontendContext) {
    super();
    this.#wire = wire;
    this.#table = table;
    this.#context = context;
  }

  /** The interfaces that the controller has named, in any state. */
  get interfaces(): readonly FrontendInterface[] {
    return [...this.#interfaces.values()].map((entry) => entry.interface);
  }

  /** The interface with that handle, or undefined before the controller has named it. A class without handles has one interface, 0. */
  find(handle = 0): FrontendInterface | undefined {
    return this.#interfaces.get(handle)?.interface;
  }

  /**
   * Reports DRIVER_STATUS UP to the controller. The controller answers with the status of each interface that is not connected, so the
   * others are queried (the header). A class without QUERY disconnects interface 0 instead. Each interface that connects emits `connected`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when a message has a receiver, and the errors of {@link Peer.request}
   */
  async start(): Promise<void> {
    const { frontend } = this.#wire;
    this.#isUp = true;
    const { peer } = this.#context;
    this.#receivers = [peer.receive(frontend.INTERFACE_STATUS, (message: AnyMessage) => this.#take(message))];
    // The controller sends its own UP, which needs no action (PROTOCOL.md 5.2 D4).
    if (this.#wire.answersDriverUp) this.#receivers.push(peer.receive(frontend.DRIVER_STATUS, () => {}));
    const { maxHandle } = await peer.request({ name: frontend.DRIVER_STATUS, status: DRIVER_STATUS.UP });
    if (frontend.QUERY) await this.#query(Math.min(maxHandle as number, MAX_INTERFACES - 1));
    else if ((this.find()?.state ?? 'CLOSED') === 'CLOSED') await this.#ask('DISCONNECT', 0);
  }

  /** Reports DRIVER_STATUS DOWN to the controller. Then every page is free, and each interface has emitted `closed`. */
  async stop(): Promise<void> {
    this.#isUp = false;
    await this.#fireAll('stop');
    try {
      await this.#context.peer.request({ name: this.#wire.frontend.DRIVER_STATUS, status: DRIVER_STATUS.DOWN });
    } finally {
      for (const removeReceiver of this.#receivers.splice(0)) removeReceiver();
      await this.#fireAll('down');
    }
  }

  /**
   * Connects an interface that the user disconnected, or that was refused. `connected` or `refused` is emitted afterwards.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` when the driver is not started, the controller has not named the interface, or `disconnect`
   *   has not resolved yet
   */
  async connect(handle = 0): Promise<void> {
    const { interface: device, machine } = this.#entry(handle);
    if (!this.#isUp) throw this.#rejected(device, 'a driver that has been started');
    await machine.fire('connect', { interface: device });
  }

  /**
   * Disconnects an interface until {@link connect}. Its pages are free when this resolves.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` when the controller answers without the status DISCONNECTED: the backend may still use
   *   the pages
   */
  async disconnect(handle = 0): Promise<void> {
    const { interface: device, machine } = this.#entry(handle);
    if ((await machine.fire('disconnect', { interface: device })) !== 'DISCONNECTING') return;
    await this.#asked.get(device);
    if (device.state !== 'DISCONNECTING') return;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_REFUSED',
      `the controller did not disconnect ${this.#wire.name} interface ${handle}, whose backend may still use the pages`,
      {
        advice: 'try again, or stop the driver',
        expected: 'INTERFACE_STATUS DISCONNECTED',
        received: device.state,
      },
    );
  }

  /** Makes an interface of the class, in state CLOSED. */
  protected newInterface(handle: number): FrontendInterface {
    return new FrontendInterface(handle);
  }

  async #query(maxHandle: number): Promise<void> {
    for (let handle = 0; handle <= maxHandle; handle++) {
      const answer = await this.#ask('QUERY', handle);
      // A status that came meanwhile is newer than the answer.
      if ((this.find(handle)?.state ?? 'CLOSED') === 'CLOSED') await this.#take(answer);
    }
  }

  async #take(message: AnyMessage): Promise<void> {
    const status = INTERFACE_STATUSES[message.status as number];
    const known = this.find(handleOf(message));
    // The first status of an interface makes it, unless it says that there is no interface (PROTOCOL.md 2.7).
    const names = status === 'DISCONNECTED' || status === 'CONNECTED';
    if (!status || (!known && (!names || this.#interfaces.size >= MAX_INTERFACES))) return;
    // A driver that is going DOWN grants no more pages.
    if (!this.#isUp && (known?.state ?? 'CLOSED') === 'CLOSED') return;
    const { interface: device, machine } = this.#entry(handleOf(message));
    if (names) device.status = message;
    const isRepeated = status === 'CONNECTED' && device.connection?.isBoundTo(message.evtchn as number) === true;
    await machine.fire(isRepeated ? 'repeated' : status, { interface: device, message });
  }

  #entry(handle: number): { readonly interface: FrontendInterface; readonly machine: FrontendMachine } {
    const found = this.#interfaces.get(handle);
    if (found) return found;
    const made = this.newInterface(handle);
    const machine: FrontendMachine = new StateMachine(this.#table, this.#performer);
    made.machine = machine;
    const entry = { interface: made, machine };
    this.#interfaces.set(handle, entry);
    return entry;
  }

  async #fireAll(event: FrontendEvent): Promise<void> {
    const all = [...this.#interfaces.values()];
    await Promise.all(all.map(({ interface: device, machine }) => machine.fire(event, { interface: device })));
  }

  readonly #performer: Performer<FrontendAction, FrontendNotice, FrontendCall> = {
    do: {
      grant: ({ interface: device }) => {
        if (device.backend === undefined) throw this.#rejected(device, 'an interface that the controller has named');
        device.connection = new FrontendConnection(this.#context, device.backend, this.#wire.frameFields.length);
      },
      askConnect: ({ interface: device }) => this.#askConnect(device),
      askDisconnect: ({ interface: device }) => {
        const answer = this.#ask('DISCONNECT', device.handle);
        // disconnect() awaits the same answer and rejects too.
        answer.catch((error) => this.emit('error', error));
        this.#asked.set(device, answer);
      },
      bind: ({ interface: device, message }) => this.#bind(device, message!),
      release: ({ interface: device }) => {
        device.connection?.end();
        device.connection = undefined;
      },
      reject: ({ interface: device }) => {
        throw this.#rejected(device, 'that disconnect() has resolved before connect()');
      },
    },
    emit: (notice, { interface: device }) => this.emit(notice, device),
  };

  #bind(device: FrontendInterface, { evtchn }: AnyMessage): void {
    device.connection!.bind(evtchn as number, () => {
      if (device.state === 'CONNECTED') this.emit('notified', device);
    });
  }

  /** The caller must not await the answer: it comes after the statuses that CONNECT causes, and they wait for the current event. */
  #askConnect(device: FrontendInterface): void {
    const { machine } = this.#entry(device.handle);
    const answer = this.#ask('CONNECT', device.handle, frameFields(this.#wire, device.connection!.frames));
    this.#asked.set(device, answer);
    const isLast = () => this.#asked.get(device) === answer;
    answer.then(
      () =>
        machine.fire(
          device.connection?.backend === device.backend ? 'answered' : 'moved',
          { interface: device },
          isLast,
        ),
      (error) => {
        // No backend has mapped the pages.
        void machine.fire('failed', { interface: device }, isLast);
        this.emit('error', error);
      },
    );
  }

  #ask(kind: 'CONNECT' | 'DISCONNECT' | 'QUERY', handle: number, fields?: object): Promise<AnyMessage> {
    return this.#context.peer.request(frontendMessage(this.#wire, kind, handle, fields));
  }

  #rejected({ handle, state }: FrontendInterface, expected: string): CtrlIfError {
    return new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_STATE',
      `${this.#wire.name} interface ${handle} is ${state} and cannot be connected; expected ${expected}`,
      { expected, received: state },
    );
  }
}

type FrontendMachine = StateMachine<FrontendState, FrontendEvent, FrontendAction, FrontendNotice, FrontendCall>;
