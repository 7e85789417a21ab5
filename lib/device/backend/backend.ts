import { EventEmitter } from 'node:events';
import type { AnyMessage } from '../../link/codec.ts';
import type { BackendContext, PendingRequest } from '../context.ts';
import { type Performer, StateMachine, type Table } from '../table.ts';
import { type DeviceWire, DRIVER_STATUS, framesOf, type InterfaceId, interfaceOf } from '../wire.ts';
import { BackendConnection, type BackendInterface } from './interface.ts';
import { mapFrames, Refusal } from './refusal.ts';
import type { BackendAction, BackendEvent, BackendNotice, BackendState } from './table.ts';

/** The input of an action. `request` is there when the event is a message of the controller. */
export interface BackendCall<I extends BackendInterface> {
  readonly interface: I;
  readonly message: AnyMessage;
  readonly request?: PendingRequest;
  /** The answer, which the notice sets. */
  answer?: { status: number };
}

/** Limits of a {@link Backend}. */
export interface BackendOptions {
  /** The maximum number of interfaces. The next CREATE is answered OUT_OF_MEMORY. Default 1,024, the original's number of buckets. */
  maxInterfaces?: number;
}

/** Events of a {@link Backend}. */
export interface BackendEvents {
  /** A hook failed when there was no request to answer with ERROR. Without a listener the error is thrown. */
  error: [unknown];
}

type BackendTable<E extends string, A extends string> = Table<
  BackendState,
  BackendEvent | E,
  BackendAction | A,
  BackendNotice
>;
type BackendMachine<I extends BackendInterface, E extends string, A extends string> = StateMachine<
  BackendState,
  BackendEvent | E,
  BackendAction | A,
  BackendNotice,
  BackendCall<I>
>;

/**
 * The backend driver of one class in its driver domain. It answers the controller as the class's table says. Extend it for a data path:
 * `interface.frames` has the frontend's pages from `onConnect` on, `onNotify` is called when the frontend has notified, and
 * `interface.notify()` notifies the frontend. Call `interface.hold()` for work that may outlast `onDisconnect`, or return a promise from
 * `onDisconnect`. An error in `onCreate` or `onConnect` refuses the message.
 */
export abstract class Backend<
  I extends BackendInterface = BackendInterface,
  E extends string = never,
  A extends string = never,
> extends EventEmitter<BackendEvents> {
  /** The messages of the class. */
  protected readonly wire: DeviceWire;
  readonly #table: BackendTable<E, A>;
  readonly #context: BackendContext;
  readonly #maxInterfaces: number;
  readonly #known = new Map<string, { readonly interface: I; readonly machine: BackendMachine<I, E, A> }>();
  #receivers: (() => void)[] = [];

  /** The backend of the class that `wire` describes, with its table. {@link start} registers its receivers. */
  constructor(wire: DeviceWire, table: BackendTable<E, A>, context: BackendContext, options: BackendOptions) {
    super();
    this.wire = wire;
    this.#table = table;
    this.#context = context;
    this.#maxInterfaces = options.maxInterfaces ?? 1024;
  }

  /** An interface was created. It has no pages yet. */
  onCreate(_interface: I): void | Promise<void> {}
  /** The pages are mapped and the port is bound. */
  onConnect(_interface: I): void | Promise<void> {}
  /** The frontend has notified. */
  onNotify(_interface: I): void {}
  /** Stop taking new work from the pages. They stay mapped until this and all holds are done. Then DISCONNECT is answered. */
  onDisconnect(_interface: I): void | Promise<void> {}
  /** The interface is destroyed. Free what belongs to it. */
  onDestroy(_interface: I): void | Promise<void> {}

  /** The interfaces in all states but ABSENT. */
  get interfaces(): readonly I[] {
    return [...this.#known.values()].map((entry) => entry.interface).filter(({ state }) => state !== 'ABSENT');
  }

  /** The interface with that domid and handle, or undefined. */
  find(domid: number, handle = 0): I | undefined {
    return this.interfaces.find((device) => device.domid === domid && device.handle === handle);
  }

  /**
   * Registers the receivers of the class's messages, then reports DRIVER_STATUS UP to the controller.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when a message has a receiver, and the errors of {@link Peer.request}
   */
  async start(): Promise<void> {
    for (const [event, name] of Object.entries(this.messages())) {
      const handle = (message: AnyMessage, request: PendingRequest) => this.#answer(event as E, message, request);
      this.#receivers.push(this.#context.peer.receive(name, handle));
    }
    await this.#reportDriverStatus('UP');
  }

  /** Removes the receivers, disconnects and destroys every interface, then reports DRIVER_STATUS DOWN to the controller. */
  async stop(): Promise<void> {
    for (const removeReceiver of this.#receivers.splice(0)) removeReceiver();
    await Promise.all(
      [...this.#known.values()].map(async ({ interface: device, machine }) => {
        const call = { interface: device, message: { name: 'stop' } };
        const released = new Promise<void>((resolve) => {
          device.kept.push({ defer() {}, respond: () => resolve(), respondNotUnderstood: resolve });
        });
        if ((await machine.fire('stop', call)) !== 'ABSENT') {
          await released;
          await machine.fire('stop', call);
        }
        this.#removeIfAbsent(device);
      }),
    );
    await this.#reportDriverStatus('DOWN');
  }

  async #reportDriverStatus(status: 'DOWN' | 'UP'): Promise<void> {
    const name = this.wire.backend.DRIVER_STATUS;
    await this.#context.peer.request({ name, status: DRIVER_STATUS[status] });
  }

  /** The names of the messages that the backend receives, by the event of its table. */
  protected messages(): { readonly [event: string]: string } {
    const { DRIVER_STATUS: _sent, ...received } = this.wire.backend;
    return received;
  }

  /** Makes an interface, in state ABSENT, for a CREATE or any other message that names an unknown one. */
  protected abstract newInterface(id: InterfaceId, message: AnyMessage): I;

  /** The actions that only this class has. */
  protected abstract readonly ownActions: { readonly [Action in A]: (call: BackendCall<I>) => unknown };

  /** Fires an event at an interface. It runs when the events before it are done. */
  protected async fire(event: BackendEvent | E, call: BackendCall<I>): Promise<void> {
    const { machine } = this.#entry(call.interface, call.message);
    await machine.fire(event, call).finally(() => this.#removeIfAbsent(call.interface));
  }

  async #answer(event: BackendEvent | E, message: AnyMessage, request: PendingRequest): Promise<object | undefined> {
    const { interface: found } = this.#entry(interfaceOf(this.wire, message), message);
    const call: BackendCall<I> = { interface: found, message, request };
    try {
      await this.fire(event, call);
      return call.answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: this.wire.statuses[error.status]! };
    }
  }

  #entry(id: InterfaceId, message: AnyMessage): { readonly interface: I; readonly machine: BackendMachine<I, E, A> } {
    const found = this.#known.get(keyOf(id));
    if (found) return found;
    const made = this.newInterface(id, message);
    const machine: BackendMachine<I, E, A> = new StateMachine(this.#table, this.#performer);
    made.machine = machine;
    const entry = { interface: made, machine };
    this.#known.set(keyOf(id), entry);
    return entry;
  }

  #removeIfAbsent(id: BackendInterface): void {
    if (id.state === 'ABSENT') this.#known.delete(keyOf(id));
  }

  get #performer(): Performer<BackendAction | A, BackendNotice, BackendCall<I>> {
    const common: Performer<BackendAction, BackendNotice, BackendCall<I>>['do'] = {
      allocate: () => {
        if (this.interfaces.length >= this.#maxInterfaces) throw new Refusal('OUT_OF_MEMORY');
      },
      insert: (call) => refuseWith('OUT_OF_MEMORY', () => this.onCreate(call.interface)),
      map: async (call) => {
        call.interface.connection = await this.#map(call);
      },
      tryMap: async (call) => (await this.#map(call)).end(),
      attach: (call) => this.#attach(call),
      defer: ({ interface: { kept }, request }) => {
        request?.defer();
        if (request) kept.push(request);
      },
      release: ({ interface: device }) => void this.#release(device),
      detach: ({ interface: device }) => {
        device.connection?.end();
        device.connection = undefined;
      },
      remove: ({ interface: device }) => this.onDestroy(device),
    };
    return {
      do: { ...common, ...this.ownActions } as Performer<BackendAction | A, BackendNotice, BackendCall<I>>['do'],
      emit: (notice, call) => {
        const status = this.wire.statuses[notice === 'kept requests' ? 'OKAY' : notice]!;
        if (notice !== 'kept requests') call.answer = { status };
        else for (const request of call.interface.kept.splice(0)) request.respond({ status });
      },
    };
  }

  async #map({ interface: device, message }: BackendCall<I>): Promise<BackendConnection> {
    const frames = framesOf(this.wire, message);
    const mapped = await mapFrames(this.#context.frames, device.domid, frames);
    return new BackendConnection(mapped, () => {
      this.fire('released', { interface: device, message }).catch((error) => this.emit('error', error));
    });
  }

  async #attach({ interface: device, message }: BackendCall<I>): Promise<void> {
    const connection = device.connection!;
    try {
      connection.channel = this.#context.channels.bind(message.evtchn as number, () => this.#notified(device));
      await this.onConnect(device);
    } catch (error) {
      connection.end();
      device.connection = undefined;
      throw new Refusal('ERROR', error);
    }
  }

  #notified(device: I): void {
    // Drop notifications that come while the connection ends (PROTOCOL.md 2.3).
    if (device.state !== 'CONNECTED') return;
    try {
      this.onNotify(device);
    } catch (error) {
      this.emit('error', error);
    }
  }

  async #release(device: I): Promise<void> {
    const connection = device.connection!;
    try {
      await this.onDisconnect(device);
    } catch (error) {
      this.emit('error', error);
    } finally {
      connection.release();
    }
  }
}

const keyOf = ({ domid, handle }: InterfaceId): string => `${domid}/${handle}`;

/** Runs a hook. @throws Refusal with `status` when the hook fails */
export async function refuseWith<T>(status: Refusal['status'], hook: () => T | Promise<T>): Promise<T> {
  try {
    return await hook();
  } catch (error) {
    throw new Refusal(status, error);
  }
}
