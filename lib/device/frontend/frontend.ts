import { EventEmitter } from 'node:events';
import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { FrontendSurroundings } from '../surroundings.ts';
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
  /** A VBD has come or gone (block), or a port (USB): look at what there is. */
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
  readonly #surroundings: FrontendSurroundings;
  readonly #interfaces = new Map<
    number,
    { readonly interface: FrontendInterface; readonly machine: FrontendMachine }
  >();
  /** What each interface has asked last: a late answer to a CONNECT before it is nobody's. */
  readonly #asked = new WeakMap<FrontendInterface, Promise<unknown>>();
  #receivers: (() => void)[] = [];
  #isUp = false;

  /** @internal See `BlockFrontend`, `NetworkFrontend`, `UsbFrontend`. */
  constructor(wire: DeviceWire, table: FrontendTable, surroundings: FrontendSurroundings) {
    super();
    this.#wire = wire;
    this.#table = table;
    this.#surroundings = surroundings;
  }

  /** The interfaces that the controller has named, whatever their state. */
  get interfaces(): readonly FrontendInterface[] {
    return [...this.#interfaces.values()].map((each) => each.interface);
  }

  /** The interface of that handle, where the controller has named it. USB has one, 0. */
  find(handle = 0): FrontendInterface | undefined {
    return this.#interfaces.get(handle)?.interface;
  }

  /**
   * Tells the controller that the driver is UP, and asks for the interfaces that it does not tell of because they are connected
   * (the header; USB cannot ask, and disconnects what it may find). Interfaces connect as `connected` events tell.
   */
  async start(): Promise<void> {
    const { frontend } = this.#wire;
    this.#isUp = true;
    const { peer } = this.#surroundings;
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
      await this.#surroundings.peer.request({ name: this.#wire.frontend.DRIVER_STATUS, status: DRIVER_STATUS.DOWN });
    } finally {
      for (const takeBack of this.#receivers.splice(0)) takeBack();
      await this.#fireAll('down');
    }
  }

  /** Connects an interface that the user disconnected, or that was refused. `connected` or `refused` tells the outcome. */
  async connect(handle = 0): Promise<void> {
    const { interface: each, machine } = this.#entry(handle);
    if (!this.#isUp) throw this.#rejected(each, 'a driver that has been started');
    await machine.fire('connect', { interface: each });
  }

  /**
   * Disconnects an interface; its pages are free when this resolves. It stays so until {@link connect}.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` when the controller answers without DISCONNECTED: the pages are still
   *   the backend's
   */
  async disconnect(handle = 0): Promise<void> {
    const { interface: each, machine } = this.#entry(handle);
    if ((await machine.fire('disconnect', { interface: each })) !== 'DISCONNECTING') return;
    await this.#asked.get(each);
    if (each.state !== 'DISCONNECTING') return;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_REFUSED',
      `the controller did not disconnect ${this.#wire.name} interface ${handle}; its backend still has the pages: try again, or stop the driver`,
      { expected: 'INTERFACE_STATUS DISCONNECTED', received: each.state },
    );
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
    // A driver that goes DOWN offers no more pages.
    if (!this.#isUp && (known?.state ?? 'CLOSED') === 'CLOSED') return;
    const { interface: each, machine } = this.#entry(handleOf(message));
    if (names) each.status = message;
    const isRepeated = status === 'CONNECTED' && each.connection?.isBoundTo(message.evtchn as number) === true;
    await machine.fire(isRepeated ? 'repeated' : status, { interface: each, message });
  }

  #entry(handle: number): { readonly interface: FrontendInterface; readonly machine: FrontendMachine } {
    const found = this.#interfaces.get(handle);
    if (found) return found;
    const made = new FrontendInterface(handle);
    const machine: FrontendMachine = new StateMachine(this.#table, this.#performer);
    made.machine = machine;
    const entry = { interface: made, machine };
    this.#interfaces.set(handle, entry);
    return entry;
  }

  async #fireAll(event: FrontendEvent): Promise<void> {
    const all = [...this.#interfaces.values()];
    await Promise.all(all.map(({ interface: each, machine }) => machine.fire(event, { interface: each })));
  }

  readonly #performer: Performer<FrontendAction, FrontendNotice, FrontendCall> = {
    do: {
      offer: ({ interface: each }) => {
        if (each.backend === undefined) throw this.#rejected(each, 'an interface that the controller has named');
        each.connection = new FrontendConnection(this.#surroundings, each.backend, this.#wire.frameFields.length);
      },
      askConnect: ({ interface: each }) => this.#askConnect(each),
      askDisconnect: ({ interface: each }) => {
        const answer = this.#ask('DISCONNECT', each.handle);
        // Who waits for it hears of the failure too.
        answer.catch((error) => this.emit('error', error));
        this.#asked.set(each, answer);
      },
      bind: ({ interface: each, message }) => this.#bind(each, message!),
      release: ({ interface: each }) => {
        each.connection?.end();
        each.connection = undefined;
      },
      reject: ({ interface: each }) => {
        throw this.#rejected(each, 'that disconnect() has resolved before connect()');
      },
    },
    tell: (notice, { interface: each }) => this.emit(notice, each),
  };

  #bind(each: FrontendInterface, { evtchn }: AnyMessage): void {
    each.connection!.bind(evtchn as number, () => {
      if (each.state === 'CONNECTED') this.emit('notified', each);
    });
  }

  /** Not awaited: the answer comes after the statuses that it causes, and those wait for the event that asked. */
  #askConnect(each: FrontendInterface): void {
    const { machine } = this.#entry(each.handle);
    const answer = this.#ask('CONNECT', each.handle, frameFields(this.#wire, each.connection!.frames));
    this.#asked.set(each, answer);
    const isLast = () => this.#asked.get(each) === answer;
    answer.then(
      () => machine.fire(each.connection?.backend === each.backend ? 'answered' : 'moved', { interface: each }, isLast),
      (error) => {
        // Nobody has taken the pages.
        machine.fire('failed', { interface: each }, isLast);
        this.emit('error', error);
      },
    );
  }

  #ask(which: 'CONNECT' | 'DISCONNECT' | 'QUERY', handle: number, fields?: object): Promise<AnyMessage> {
    return this.#surroundings.peer.request(frontendMessage(this.#wire, which, handle, fields));
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
