import type { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { ChannelAllocator, ChannelPair } from '../context.ts';
import { Raised, StateMachine } from '../table.ts';
import {
  type DeviceWire,
  frameFields,
  framesOf,
  frontendMessage,
  INTERFACE_STATUSES,
  type InterfaceStatus,
} from '../wire.ts';
import { BackendEnd, type Making } from './backend-end.ts';
import type { DomainPeer } from './domain-peer.ts';
import type { Setting, Settings } from './settings.ts';
import { DEVICE, type DeviceAction, type DeviceEvent, type DeviceNotice, type DeviceState } from './table.ts';

/** The status of the interface in each state of the device, as QUERY answers it. */
export const STATUS_OF: { readonly [S in DeviceState]: InterfaceStatus } = {
  ABSENT: 'CLOSED',
  DOWN: 'DISCONNECTED',
  HELD: 'DISCONNECTED',
  DISCONNECTED: 'DISCONNECTED',
  CONNECTED: 'CONNECTED',
};

/** Fields that messages of one class have beside those that all have. */
export interface DeviceFields {
  readonly create?: object;
  readonly connect?: object;
  /** For INTERFACE_STATUS and the answer to QUERY. */
  status?(device: Device): object;
}

export interface DeviceContext {
  readonly wire: DeviceWire;
  readonly frontend: DomainPeer;
  readonly backend: DomainPeer;
  readonly handle: number;
  readonly channels: ChannelAllocator;
  readonly fields: DeviceFields;
  /** What its backend is told after each CREATE. */
  readonly settings: Settings;
  /** Whether the frontend's driver is UP: it is told nothing while it is not. */
  isFrontendUp(): boolean;
  /** The state is another than before the event. */
  onState?(device: Device): void;
  /** What went wrong without a caller to hear of it. */
  readonly onError: (error: unknown) => void;
}

interface DeviceCall extends Making {
  /** The frontend's CONNECT, or what `set` and `unset` send. */
  readonly message?: AnyMessage;
  /** Remembers the change, for the next `create`. */
  readonly remember?: () => unknown;
}

/** The controller's part of one device: it passes on, in the order that works, what neither side can tell the other. */
export class Device {
  readonly #with: DeviceContext;
  readonly #machine: StateMachine<DeviceState, DeviceEvent, DeviceAction, DeviceNotice, DeviceCall>;
  readonly #backend: BackendEnd;
  /** How often its frontend was told DISCONNECTED. */
  #tellings = 0;
  #frames: bigint[] = [];
  #channel: ChannelPair | undefined;

  constructor(context: DeviceContext) {
    this.#with = context;
    const { wire, frontend, backend, handle, fields, settings, onError } = context;
    const { create, connect } = fields;
    this.#backend = new BackendEnd(backend, {
      wire,
      frontend: frontend.domid,
      handle,
      create: { ...wire.ownFields?.create, ...create },
      connect: { ...wire.ownFields?.connect, ...connect },
      settings,
      onError,
    });
    this.#machine = new StateMachine(DEVICE, {
      do: this.#actions,
      emit: (notice) => this.#sendStatus(notice),
    });
  }

  get handle(): number {
    return this.#with.handle;
  }

  get frontend(): DomainPeer {
    return this.#with.frontend;
  }

  get backend(): DomainPeer {
    return this.#backend.domain;
  }

  get state(): DeviceState {
    return this.#machine.state;
  }

  /** The event channel while there is one, the backend's end first; another after each reconnect. */
  get channel(): ChannelPair | undefined {
    return this.#channel;
  }

  /** The numbers of the frames that the frontend has granted, while they are kept. */
  get frames(): readonly number[] {
    return this.#frames.map(Number);
  }

  /** What was set and not taken back, by what it is about. */
  get settings(): ReadonlyMap<string, Setting> {
    return this.#backend.settings.all;
  }

  /** Those parts of it that the backend has refused since its interface was created last, and how. */
  get refusals(): ReadonlyMap<string, CtrlIfError> {
    return this.#backend.settings.refusals;
  }

  /** Why its interface could not be created when that was tried last, or what of it was refused. */
  get problems(): readonly unknown[] {
    return this.#backend.problems;
  }

  /** The driver domain has come again, perhaps under another domid: what follows goes to it. */
  moveTo(backend: DomainPeer): void {
    this.#backend.moveTo(backend);
  }

  /**
   * Lets an event happen; resolves when all that follows from it is done.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` for a status other than OKAY, or the failure of a request; the table
   *   has been followed all the same
   */
  async fire(event: DeviceEvent, message?: AnyMessage): Promise<void> {
    await this.#fire(event, message ? { message } : {});
  }

  /**
   * The backend's driver is UP: the event of {@link fire}, unless it is DOWN by the time that it is due, and perhaps UP again. Both
   * are told of by themselves, and until the first of them what is made there is lost without a word (PROTOCOL.md 5.3 H20).
   */
  async backendUp(): Promise<void> {
    const isCurrent = this.#backend.current();
    await this.#fire('backendUp', { isCurrent }, isCurrent);
  }

  /**
   * Has the backend create the interface, and all that was set before: the `attach` of {@link fire}.
   *
   * @param isLasting what its backend does not create now, or refuses of it, is tried again when that is UP the next time; see
   *   {@link problems}
   */
  async attach(isLasting = false): Promise<void> {
    if (!isLasting) {
      await this.#fire('attach', { onRefused: rethrow });
      return;
    }
    await this.#fire('attach', { onRefused: () => {} }).catch(() => {});
    // Unless its backend has been DOWN and UP by then.
    await this.#fire('backendDown', {}, () => this.state === 'ABSENT');
  }

  /**
   * The frontend's driver is UP: the event of {@link fire}, unless it hears DISCONNECTED in the meantime. It asks for its CONNECT then,
   * and one that is told again has to take that for the refusal of what it asked.
   */
  async frontendUp(): Promise<void> {
    const tellings = this.#tellings;
    await this.#fire('UP', {}, () => this.#tellings === tellings);
  }

  /**
   * Tells the backend `setting` now or, where its interface is not there, after its next CREATE; and from then on whenever
   * the interface is created anew.
   *
   * @throws CtrlIfError as {@link fire}; then nothing has changed
   */
  async set(setting: Setting): Promise<void> {
    const remember = () => this.#backend.settings.set(setting);
    const message = this.#backend.message(setting.name, setting.fields);
    await this.#machine.fire('change', { message, remember });
    // Where the state has nobody to send it to.
    remember();
  }

  /**
   * Takes `setting` back where the interface is there and has it, and tells it no more.
   *
   * @throws CtrlIfError as {@link fire}; then nothing has changed
   */
  async unset({ about, undo }: Setting): Promise<void> {
    const remember = () => this.#backend.settings.delete(about);
    const message = undo && this.#backend.message(undo.name, undo.fields);
    if (message) await this.#machine.fire('change', { message, remember }, () => !this.refusals.has(about));
    remember();
  }

  /** Why the backend has not that part, where it refused it when the interface was created last. */
  refusalOf({ about }: Setting): CtrlIfError | undefined {
    return this.refusals.get(about);
  }

  /** The fields of INTERFACE_STATUS and QUERY for what the interface is now, or is said to be. */
  statusFields(said: InterfaceStatus = STATUS_OF[this.state]): object {
    // In the midst of a disconnect the channel goes first.
    const status = said === 'CONNECTED' && !this.#channel ? 'DISCONNECTED' : said;
    return {
      status: INTERFACE_STATUSES.indexOf(status),
      evtchn: status === 'CONNECTED' ? this.#channel!.portB : 0,
      domid: status === 'CLOSED' ? 0 : this.backend.domid,
      ...this.#with.wire.ownFields?.status,
      ...this.#with.fields.status?.(this),
    };
  }

  async #fire(event: DeviceEvent, call: DeviceCall, isDue?: () => boolean): Promise<void> {
    const before = this.state;
    try {
      await this.#machine.fire(event, { isCurrent: this.#backend.current(), ...call }, isDue);
    } finally {
      if (this.state !== before) this.#with.onState?.(this);
    }
  }

  get #actions(): { readonly [A in DeviceAction]: (call: DeviceCall) => unknown } {
    const { wire, channels } = this.#with;
    const backend = this.#backend;
    return {
      create: (call) => backend.create(call),
      change: async ({ message, remember }) => {
        await backend.ask(message!);
        remember?.();
      },
      disconnect: () => backend.disconnect(),
      renew: async (call) => {
        if (!wire.connectsOnce) return;
        await backend.destroy();
        await backend.create(call);
      },
      destroy: () => backend.destroy(),
      connect: (call) => backend.connect(frameFields(wire, this.#frames), this.#channel!.portA, call),
      openChannel: async () => {
        try {
          this.#channel = await channels.bind(this.backend.domid, this.frontend.domid);
        } catch (error) {
          // One of the two is just going, or has no port left: the backend has the interface all the same.
          throw new Raised('refused', error);
        }
      },
      closeChannel: async () => {
        const channel = this.#channel;
        this.#channel = undefined;
        if (channel) await channels.close(channel);
      },
      keepFrames: ({ message }) => {
        this.#frames = framesOf(wire, message!);
      },
      dropFrames: () => {
        this.#frames = [];
      },
    };
  }

  /** Waits for the acknowledgement, so that what the frontend asked for is answered after it knows the outcome. */
  async #sendStatus(notice: DeviceNotice): Promise<void> {
    const { wire, frontend, handle } = this.#with;
    const status = notice === 'CHANGED' ? wire.changedStatus : notice;
    if (!status || !this.#with.isFrontendUp()) return;
    if (status === 'DISCONNECTED') this.#tellings++;
    try {
      await frontend.peer.request(frontendMessage(wire, 'INTERFACE_STATUS', handle, this.statusFields(status)));
    } catch (error) {
      // A frontend that does not hear is no reason to treat its backend differently.
      this.#with.onError(error);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
