import { EventEmitter } from 'node:events';
import type { AnyMessage } from '../../link/codec.ts';
import type { BackendContext, PendingRequest } from '../context.ts';
import { type Performer, StateMachine, type Table } from '../table.ts';
import { type DeviceWire, DRIVER_STATUS, framesOf, type InterfaceId, interfaceOf } from '../wire.ts';
import { BackendConnection, type BackendInterface } from './interface.ts';
import { mapFrames, Refusal } from './refusal.ts';
import type { BackendAction, BackendEvent, BackendNotice, BackendState } from './table.ts';

/** An event as an action sees it: `message` and `request` where it is one of the controller's. */
export interface BackendCall<I extends BackendInterface> {
  readonly interface: I;
  readonly message: AnyMessage;
  readonly request?: PendingRequest;
  /** Filled by the notice that answers. */
  answer?: { status: number };
}

export interface BackendOptions {
  /** Interfaces at most; the next CREATE is answered OUT_OF_MEMORY. Default 1,024, the original's buckets. */
  maxInterfaces?: number;
}

export interface BackendEvents {
  /** A hook has failed where there is no request to answer with ERROR. Without a listener it is thrown. */
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
 * The backend driver of one class in its driver domain: it answers the controller as the class's table says. Extend it for
 * a data path: `onConnect` finds the frontend's pages in `interface.frames`, `onNotify` is called when the frontend has
 * notified, `interface.notify()` notifies it; whoever is still at work on the pages when `onDisconnect` is called holds them
 * with `interface.hold()`, or has `onDisconnect` return a promise. A hook that throws in `onCreate` or `onConnect`
 * refuses the message.
 */
export abstract class Backend<
  I extends BackendInterface = BackendInterface,
  E extends string = never,
  A extends string = never,
> extends EventEmitter<BackendEvents> {
  protected readonly wire: DeviceWire;
  readonly #table: BackendTable<E, A>;
  readonly #context: BackendContext;
  readonly #maxInterfaces: number;
  readonly #known = new Map<string, { readonly interface: I; readonly machine: BackendMachine<I, E, A> }>();
  #receivers: (() => void)[] = [];

  constructor(wire: DeviceWire, table: BackendTable<E, A>, context: BackendContext, options: BackendOptions) {
    super();
    this.wire = wire;
    this.#table = table;
    this.#context = context;
    this.#maxInterfaces = options.maxInterfaces ?? 1024;
  }

  /** An interface was created; its domain has no pages there yet. */
  onCreate(_interface: I): void | Promise<void> {}
  /** The pages are mapped and the port is bound. */
  onConnect(_interface: I): void | Promise<void> {}
  /** The frontend has notified. */
  onNotify(_interface: I): void {}
  /** Stop taking new work from the pages. They stay mapped until this and all holds are done; then DISCONNECT is answered. */
  onDisconnect(_interface: I): void | Promise<void> {}
  /** The interface is going, and everything that belongs to it. */
  onDestroy(_interface: I): void | Promise<void> {}

  /** The interfaces that exist. */
  get interfaces(): readonly I[] {
    return [...this.#known.values()].map((entry) => entry.interface).filter(({ state }) => state !== 'ABSENT');
  }

  /** The interface of that domain and handle, where it exists. */
  find(domid: number, handle = 0): I | undefined {
    return this.interfaces.find((device) => device.domid === domid && device.handle === handle);
  }

  /** Takes the class's messages, then tells the controller that the driver is UP. */
  async start(): Promise<void> {
    for (const [event, name] of Object.entries(this.messages())) {
      const handle = (message: AnyMessage, request: PendingRequest) => this.#answer(event as E, message, request);
      this.#receivers.push(this.#context.peer.receive(name, handle));
    }
    await this.#tellDriverStatus('UP');
  }

  /** Takes no more messages, lets every interface go, and only then tells the controller that the driver is DOWN. */
  async stop(): Promise<void> {
    for (const takeBack of this.#receivers.splice(0)) takeBack();
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
    await this.#tellDriverStatus('DOWN');
  }

  async #tellDriverStatus(status: 'DOWN' | 'UP'): Promise<void> {
    const name = this.wire.backend.DRIVER_STATUS;
    await this.#context.peer.request({ name, status: DRIVER_STATUS[status] });
  }

  /** The messages of the class, by event of its table. */
  protected messages(): { readonly [event: string]: string } {
    const { DRIVER_STATUS: _sent, ...received } = this.wire.backend;
    return received;
  }

  /** A new interface of the class, from its CREATE or from any other message that names one that is not there. */
  protected abstract newInterface(id: InterfaceId, message: AnyMessage): I;

  /** What the actions of the class's own do. */
  protected abstract readonly ownActions: { readonly [Action in A]: (call: BackendCall<I>) => unknown };

  /** Lets an event of the class's own take its turn at an interface. */
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
    // What comes while the connection ends is nobody's work any more (PROTOCOL.md 2.3).
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
      connection.letGo();
    }
  }
}

const keyOf = ({ domid, handle }: InterfaceId): string => `${domid}/${handle}`;

/** Runs a hook, and makes of its failure a refusal with that status. */
export async function refuseWith<T>(status: Refusal['status'], hook: () => T | Promise<T>): Promise<T> {
  try {
    return await hook();
  } catch (error) {
    throw new Refusal(status, error);
  }
}
