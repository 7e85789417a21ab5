import { EventEmitter } from 'node:events';
import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { FrontendContext } from '../context.ts';
import { type Performer, StateMachine } from '../table.ts';
import { type DeviceWire, DRIVER_STATUS, frameFields, frontendMessage, handleOf, INTERFACE_STATUSES } from '../wire.ts';
import { FrontendConnection, FrontendInterface } from './interface.ts';
import type { FrontendAction, FrontendEvent, FrontendNotice, FrontendState, FrontendTable } from './table.ts';

export interface FrontendEvents {
  /** The backend has the pages and the port is bound: begin, or begin again with the requests that were not answered. */
  connected: [FrontendInterface];
  /** The pages are gone, and what was unanswered in them was dropped; `connected` comes again unless the user asked for this. */
  disconnected: [FrontendInterface];
  /** The interface does not exist any more, or the driver is DOWN. */
  closed: [FrontendInterface];
  /** A part of it has come or gone, a disk or a port: look at what there is. */
  changed: [FrontendInterface];
  /** The controller would not connect it; `connect` tries again. */
  refused: [FrontendInterface];
  /** The backend has notified. */
  notified: [FrontendInterface];
  /** A message could not be sent, a page not be made. Without a listener it is thrown. */
  error: [unknown];
}

interface FrontendCall {
  readonly interface: FrontendInterface;
  readonly message?: AnyMessage;
}

/** The controller counts handles from 0; one that names more is believed up to here. */
const MAX_INTERFACES = 1024;

/** The frontend driver of one class in its guest: all interfaces of that class, which the controller names by handle. */
export class Frontend extends EventEmitter<FrontendEvents> {
  readonly #wire: DeviceWire;
  readonly #table: FrontendTable;
  readonly #context: FrontendContext;
  readonly #interfaces = new Map<
    number,
    { readonly interface: FrontendInterface; readonly machine: FrontendMachine }
  >();
  /** What each interface has asked last: a late answer to a CONNECT before it is nobody's. */
  readonly #asked = new WeakMap<FrontendInterface, Promise<unknown>>();
  #receivers: (() => void)[] = [];
  #isUp = false;

  /** The frontend driver of the class that `wire` describes, with its table. */
  constructor(wire: DeviceWire, table: FrontendTable, context: FrontendContext) {
    super();
    this.#wire = wire;
    this.#table = table;
    this.#context = context;
  }

  /** The interfaces that the controller has named, whatever their state. */
  get interfaces(): readonly FrontendInterface[] {
    return [...this.#interfaces.values()].map((entry) => entry.interface);
  }

  /** The interface of that handle, where the controller has named it. A class without handles has one, 0. */
  find(handle = 0): FrontendInterface | undefined {
    return this.#interfaces.get(handle)?.interface;
  }

  /**
   * Tells the controller that the driver is UP, and asks for the interfaces that it does not tell of because they are connected
   * (the header; a class without QUERY cannot ask, and disconnects what it may find). Interfaces connect as `connected` events tell.
   */
  async start(): Promise<void> {
    const { frontend } = this.#wire;
    this.#isUp = true;
    const { peer } = this.#context;
    this.#receivers = [peer.receive(frontend.INTERFACE_STATUS, (message: AnyMessage) => this.#take(message))];
    // In the original's network class the controller says UP in turn (PROTOCOL.md 5.2 D4); there is nothing to do.
    if (this.#wire.answersDriverUp) this.#receivers.push(peer.receive(frontend.DRIVER_STATUS, () => {}));
    const { maxHandle } = await peer.request({ name: frontend.DRIVER_STATUS, status: DRIVER_STATUS.UP });
    if (frontend.QUERY) await this.#query(Math.min(maxHandle as number, MAX_INTERFACES - 1));
    else if ((this.find()?.state ?? 'CLOSED') === 'CLOSED') await this.#ask('DISCONNECT', 0);
  }

  /** Tells the controller that the driver is DOWN. Every page is free afterwards; `closed` is told for each interface. */
  async stop(): Promise<void> {
    this.#isUp = false;
    await this.#fireAll('stop');
    try {
      await this.#context.peer.request({ name: this.#wire.frontend.DRIVER_STATUS, status: DRIVER_STATUS.DOWN });
    } finally {
      for (const takeBack of this.#receivers.splice(0)) takeBack();
      await this.#fireAll('down');
    }
  }

  /** Connects an interface that the user disconnected, or that was refused. `connected` or `refused` tells the outcome. */
  async connect(handle = 0): Promise<void> {
    const { interface: device, machine } = this.#entry(handle);
    if (!this.#isUp) throw this.#rejected(device, 'a driver that has been started');
    await machine.fire('connect', { interface: device });
  }

  /**
   * Disconnects an interface; its pages are free when this resolves. It stays so until {@link connect}.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` when the controller answers without DISCONNECTED: the pages are still
   *   the backend's
   */
  async disconnect(handle = 0): Promise<void> {
    const { interface: device, machine } = this.#entry(handle);
    if ((await machine.fire('disconnect', { interface: device })) !== 'DISCONNECTING') return;
    await this.#asked.get(device);
    if (device.state !== 'DISCONNECTING') return;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_REFUSED',
      `the controller did not disconnect ${this.#wire.name} interface ${handle}; its backend still has the pages: try again, or stop the driver`,
      { expected: 'INTERFACE_STATUS DISCONNECTED', received: device.state },
    );
  }

  /** A new interface of the class. */
  protected newInterface(handle: number): FrontendInterface {
    return new FrontendInterface(handle);
  }

  async #query(maxHandle: number): Promise<void> {
    for (let handle = 0; handle <= maxHandle; handle++) {
      const answer = await this.#ask('QUERY', handle);
      // A status that has come meanwhile is newer.
      if ((this.find(handle)?.state ?? 'CLOSED') === 'CLOSED') await this.#take(answer);
    }
  }

  async #take(message: AnyMessage): Promise<void> {
    const status = INTERFACE_STATUSES[message.status as number];
    const known = this.find(handleOf(message));
    // An interface is made when it is heard of first, unless what is heard is that it is not there (PROTOCOL.md 2.7).
    const names = status === 'DISCONNECTED' || status === 'CONNECTED';
    if (!status || (!known && (!names || this.#interfaces.size >= MAX_INTERFACES))) return;
    // A driver that goes DOWN grants no more pages.
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
        // Who waits for it hears of the failure too.
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

  /** Not awaited: the answer comes after the statuses that it causes, and those wait for the event that asked. */
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
        // Nobody has taken the pages.
        void machine.fire('failed', { interface: device }, isLast);
        this.emit('error', error);
      },
    );
  }

  #ask(which: 'CONNECT' | 'DISCONNECT' | 'QUERY', handle: number, fields?: object): Promise<AnyMessage> {
    return this.#context.peer.request(frontendMessage(this.#wire, which, handle, fields));
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
