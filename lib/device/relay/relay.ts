import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { MessageName } from '../../wire/codec.ts';
import type { ChannelAllocator, ChannelPair, Peer } from '../surroundings.ts';
import { Machine, Raised } from '../table.ts';
import {
  backendMessage,
  type DeviceWire,
  frameFields,
  framesOf,
  frontendMessage,
  INTERFACE_STATUSES,
  type InterfaceStatus,
} from '../wire.ts';
import { refused } from './refused.ts';
import { Settings } from './settings.ts';
import { RELAY, type RelayAction, type RelayEvent, type RelayNotice, type RelayState } from './table.ts';

/** What an interface is to its frontend in each state of its relay; QUERY's answer. */
export const STATUS_OF: { readonly [S in RelayState]: InterfaceStatus } = {
  ABSENT: 'CLOSED',
  DOWN: 'DISCONNECTED',
  HELD: 'DISCONNECTED',
  DISCONNECTED: 'DISCONNECTED',
  CONNECTED: 'CONNECTED',
};

/** A domain at the end of a link of the controller's. */
export interface Party {
  readonly domid: number;
  /** Of a driver domain: another object whenever its driver has said DOWN, with which all of its interfaces are gone. */
  readonly life?: object;
  readonly peer: Pick<Peer, 'request'>;
}

/** Fields that messages of one class have beside those that all have. */
export interface RelayFields {
  readonly create?: object;
  readonly connect?: object;
  /** For INTERFACE_STATUS and the answer to QUERY. */
  status?(): object;
}

export interface RelaySurroundings {
  readonly wire: DeviceWire;
  readonly frontend: Party;
  readonly backend: Party;
  readonly handle: number;
  readonly channels: ChannelAllocator;
  readonly fields: RelayFields;
  /** Whether the frontend's driver is UP: it is told nothing while it is not. */
  isFrontendUp(): boolean;
  /** The state is another than before the event. */
  onState?(relay: Relay): void;
  /** What went wrong without a caller to hear of it. */
  readonly onError: (error: unknown) => void;
}

interface RelayCall {
  /** The frontend's CONNECT, or what `change` sends. */
  readonly message?: AnyMessage;
  /** Remembers the change, for the next `create`. */
  readonly remember?: () => unknown;
  /** Whether the backend's driver has not been DOWN since this was to happen. */
  readonly isCurrent?: () => boolean;
  /** Of `create`: the backend refuses a part. What it throws makes that the refusal of the whole. Default: `onError`. */
  readonly onRefused?: (error: unknown) => void;
}

/** The controller's part of one device: it passes on, in the order that works, what neither side can tell the other. */
export class Relay {
  readonly #with: RelaySurroundings;
  readonly #machine: Machine<RelayState, RelayEvent, RelayAction, RelayNotice, RelayCall>;
  readonly #settings = new Settings();
  #failure: unknown;
  /** How often its frontend was told DISCONNECTED. */
  #tellings = 0;
  #backend: Party;
  #frames: bigint[] = [];
  #channel: ChannelPair | undefined;

  constructor(surroundings: RelaySurroundings) {
    this.#with = surroundings;
    this.#backend = surroundings.backend;
    this.#machine = new Machine(RELAY, {
      do: this.#actions,
      tell: (notice) => this.#tell(notice),
    });
  }

  get handle(): number {
    return this.#with.handle;
  }

  get frontend(): Party {
    return this.#with.frontend;
  }

  get backend(): Party {
    return this.#backend;
  }

  get state(): RelayState {
    return this.#machine.state;
  }

  /** The event channel while there is one, the backend's end first; another after each reconnect. */
  get channel(): ChannelPair | undefined {
    return this.#channel;
  }

  /** The numbers of the frames that the frontend has offered, while they are kept. */
  get frames(): readonly number[] {
    return this.#frames.map(Number);
  }

  /** What was set and not taken back: VBDs, the credit limit, ports. */
  get settings(): ReadonlyMap<string, AnyMessage> {
    return this.#settings.all;
  }

  /** Those parts of it that the backend has refused since its interface was created last, and how. */
  get refusals(): ReadonlyMap<string, CtrlIfError> {
    return this.#settings.refusals;
  }

  /** Why its interface could not be created when that was tried last, or what of it was refused. */
  get problems(): readonly unknown[] {
    return this.#failure === undefined ? [...this.refusals.values()] : [this.#failure];
  }

  /** The driver domain has come again, perhaps under another domid: what follows goes to it. */
  moveTo(backend: Party): void {
    this.#backend = backend;
  }

  /**
   * Lets an event happen; resolves when all that follows from it is done.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` for a status other than OKAY, or the failure of a request; the table
   *   has been followed all the same
   */
  async fire(event: RelayEvent, message?: AnyMessage): Promise<void> {
    await this.#fire(event, message ? { message } : {});
  }

  /**
   * The backend's driver is UP: the event of {@link fire}, unless it is DOWN by the time that it is due, and perhaps UP again. Both
   * are told of by themselves, and until the first of them what is made there is lost without a word (PROTOCOL.md 5.3 H20).
   */
  async backendUp(): Promise<void> {
    const isCurrent = this.#current();
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
   * Sends `setting` to the backend now or, where its interface is not there, after its next CREATE; and from then on whenever
   * the interface is created anew.
   *
   * @throws CtrlIfError as {@link fire}; then nothing has changed
   */
  async change(about: string, setting: AnyMessage): Promise<void> {
    const remember = () => this.#settings.set(about, setting);
    await this.#machine.fire('change', { message: setting, remember });
    // Where the state has nobody to send it to.
    remember();
  }

  /** Sends `message` where the interface is there and has it, and says what {@link change} has set no more. */
  async changeBack(about: string, message: AnyMessage): Promise<void> {
    const forget = () => this.#settings.delete(about);
    await this.#machine.fire('change', { message, remember: forget }, () => !this.refusals.has(about));
    forget();
  }

  async #fire(event: RelayEvent, call: RelayCall, isDue?: () => boolean): Promise<void> {
    const before = this.state;
    try {
      await this.#machine.fire(event, { isCurrent: this.#current(), ...call }, isDue);
    } finally {
      if (this.state !== before) this.#with.onState?.(this);
    }
  }

  #current(): () => boolean {
    const { life } = this.#backend;
    return () => this.#backend.life === life;
  }

  /** A message to the backend about this interface. */
  toBackend(name: MessageName, fields?: object): AnyMessage {
    return backendMessage(this.#with.wire, name, { domid: this.frontend.domid, handle: this.handle }, fields);
  }

  /** The OUT fields of INTERFACE_STATUS and QUERY for what the interface is now, or is said to be. */
  statusFields(said: InterfaceStatus = STATUS_OF[this.state]): object {
    // In the midst of a disconnect the channel goes first.
    const status = said === 'CONNECTED' && !this.#channel ? 'DISCONNECTED' : said;
    return {
      status: INTERFACE_STATUSES.indexOf(status),
      evtchn: status === 'CONNECTED' ? this.#channel!.portB : 0,
      domid: status === 'CLOSED' ? 0 : this.backend.domid,
      ...this.#with.fields.status?.(),
    };
  }

  get #actions(): { readonly [A in RelayAction]: (call: RelayCall) => unknown } {
    const { wire, fields, channels } = this.#with;
    return {
      create: (call) => this.#create(call),
      change: async ({ message, remember }) => {
        await this.#ask(message!);
        remember?.();
      },
      disconnect: () => this.#leave(wire.backend.DISCONNECT),
      renew: async (call) => {
        if (!wire.connectsOnce) return;
        await this.#leave(wire.backend.DESTROY);
        await this.#create(call);
      },
      destroy: () => this.#leave(wire.backend.DESTROY),
      connect: async (call) => {
        const frames = frameFields(wire, this.#frames);
        const message = { ...frames, evtchn: this.#channel!.portA, ...fields.connect };
        try {
          await this.#make(call, this.toBackend(wire.backend.CONNECT, message));
        } catch (error) {
          throw new Raised(failureOf(error), error);
        }
      },
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

  async #create(call: RelayCall): Promise<void> {
    const { wire, fields, onError } = this.#with;
    const isRefused = (error: unknown): error is CtrlIfError => {
      // A device without one of its disks is still a device; one without its limit is not what was asked for.
      if (failureOf(error) !== 'refused' || !wire.changedStatus) return false;
      (call.onRefused ?? onError)(error);
      return true;
    };
    const create = () => this.#make(call, this.toBackend(wire.backend.CREATE, fields.create));
    this.#settings.unsay();
    this.#failure = undefined;
    try {
      await create().catch((error) => this.#takeAway(error).then(create));
      try {
        await this.#settings.sayAll((setting) => this.#make(call, setting), isRefused);
      } catch (error) {
        await this.#leave(wire.backend.DESTROY);
        throw error;
      }
    } catch (error) {
      this.#settings.unsay();
      this.#failure = error;
      throw new Raised('lost', error);
    }
  }

  /**
   * An interface that is there already when it is to be created is our own from before: an answer had been given up. Nobody else
   * makes any.
   */
  async #takeAway(error: unknown): Promise<void> {
    if ((error as CtrlIfError).received !== 'INTERFACE_EXISTS') throw error;
    await this.#leave(this.#with.wire.backend.DISCONNECT);
    await this.#leave(this.#with.wire.backend.DESTROY);
  }

  /** Asks the backend for what is of use only while its driver stays UP. */
  async #make({ isCurrent }: RelayCall, message: AnyMessage): Promise<void> {
    const gone = () => {
      if (isCurrent?.() === false) throw wentDown(this.backend.domid, message);
    };
    gone();
    await this.#ask(message);
    gone();
  }

  /** DISCONNECT or DESTROY. A backend that is not there, or has no such interface, has nothing mapped any more. */
  async #leave(name: MessageName): Promise<void> {
    try {
      await this.#ask(this.toBackend(name));
    } catch (error) {
      if (failureOf(error) === 'refused') throw error;
      this.#with.onError(error);
    }
  }

  async #ask(message: AnyMessage): Promise<void> {
    const { wire } = this.#with;
    const { status } = await this.backend.peer.request(message);
    // RELEASE_PORT has none.
    if (status === undefined || status === wire.statuses.OKAY) return;
    throw refused(wire, this.backend.domid, this.frontend.domid, message, status);
  }

  /** Waits for the acknowledgement, so that what the frontend asked for is answered after it knows the outcome. */
  async #tell(notice: RelayNotice): Promise<void> {
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

function wentDown(domid: number, { name }: AnyMessage): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_STATE',
    `the driver of backend domain ${domid} went DOWN before it had done ${name}; the device waits until it is UP`,
    { domid, subject: name, expected: 'a driver that is UP' },
  );
}

function failureOf(error: unknown): 'refused' | 'vanished' | 'lost' {
  if (!(error instanceof CtrlIfError) || error.code !== 'ERR_CTRL_IF_DEVICE_REFUSED') return 'lost';
  return error.received === 'INTERFACE_NOT_FOUND' ? 'vanished' : 'refused';
}
