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
import { BackendEnd, type CreateOptions } from './backend-end.ts';
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

/** The fields that only one class has in messages about a device. */
export interface DeviceFields {
  /** The fields of CREATE. */
  readonly create?: object;
  /** The fields of CONNECT to the backend. */
  readonly connect?: object;
  /** The fields of INTERFACE_STATUS and of the answer to QUERY, as they are now. */
  status?(device: Device): object;
}

/** @internal The manager's part of a device. */
export interface DeviceContext {
  readonly wire: DeviceWire;
  readonly frontend: DomainPeer;
  readonly backend: DomainPeer;
  readonly handle: number;
  readonly channels: ChannelAllocator;
  readonly fields: DeviceFields;
  /** The settings that the backend gets after each CREATE. */
  readonly settings: Settings;
  /** Whether the frontend's driver is UP. It gets no status while it is DOWN. */
  isFrontendUp(): boolean;
  /** Called when an event has changed the state. */
  onState?(device: Device): void;
  /** Called with errors that no caller can receive. */
  readonly onError: (error: unknown) => void;
}

interface DeviceCall extends CreateOptions {
  /** The frontend's CONNECT, or the message of `set` and `unset`. */
  readonly message?: AnyMessage;
  /** Stores the change in the settings, for the next `create`. */
  readonly remember?: () => unknown;
}

/** The controller's part of one device. It passes the messages of frontend and backend on, in the right order. */
export class Device {
  readonly #context: DeviceContext;
  readonly #machine: StateMachine<DeviceState, DeviceEvent, DeviceAction, DeviceNotice, DeviceCall>;
  readonly #backend: BackendEnd;
  /** The number of DISCONNECTED statuses that were sent to the frontend. */
  #disconnectedCount = 0;
  #frames: bigint[] = [];
  #channel: ChannelPair | undefined;

  /** @internal */
  constructor(context: DeviceContext) {
    this.#context = context;
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

  /** The number of the interface at its frontend, u32. */
  get handle(): number {
    return this.#context.handle;
  }

  /** The domain of the frontend. */
  get frontend(): DomainPeer {
    return this.#context.frontend;
  }

  /** The driver domain. Another one after {@link moveTo}. */
  get backend(): DomainPeer {
    return this.#backend.domain;
  }

  /** ABSENT, DOWN, HELD, DISCONNECTED or CONNECTED, as in `docs/devices.md`. */
  get state(): DeviceState {
    return this.#machine.state;
  }

  /** The event channel while there is one. `portA` is the backend's. A reconnect replaces it. */
  get channel(): ChannelPair | undefined {
    return this.#channel;
  }

  /** The numbers of the frames in the frontend's CONNECT, while the device uses them. */
  get frames(): readonly number[] {
    return this.#frames.map(Number);
  }

  /** The settings, by `about`. */
  get settings(): ReadonlyMap<string, Setting> {
    return this.#backend.settings.all;
  }

  /** The errors of the settings that the backend refused after the last CREATE, by `about`. */
  get refusals(): ReadonlyMap<string, CtrlIfError> {
    return this.#backend.settings.refusals;
  }

  /** The error of the last CREATE, or the refusals of its settings. */
  get problems(): readonly unknown[] {
    return this.#backend.problems;
  }

  /** Sends all further messages to a driver domain that has restarted, perhaps with another domid. */
  moveTo(backend: DomainPeer): void {
    this.#backend.moveTo(backend);
  }

  /**
   * Fires an event of the table. Resolves when its actions and notices are done.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` for a status other than OKAY, and the errors of {@link Peer.request}. The state is then
   *   that of the event `refused`, `vanished` or `lost`
   */
  async fire(event: DeviceEvent, message?: AnyMessage): Promise<void> {
    await this.#fire(event, message ? { message } : {});
  }

  /**
   * Fires `backendUp`, unless the backend's driver has been DOWN by the time that the event is due. The DOWN fires its own event, and all
   * interfaces that were created before it are gone (PROTOCOL.md 5.3 H20).
   *
   * @throws CtrlIfError as {@link fire}
   */
  async backendUp(): Promise<void> {
    const isCurrent = this.#backend.current();
    await this.#fire('backendUp', { isCurrent }, isCurrent);
  }

  /**
   * Fires `attach`: the backend creates the interface and gets its settings.
   *
   * @param isLasting on a failure the device waits and is created when the backend's driver is UP the next time. {@link problems} has the
   *   errors
   * @throws CtrlIfError as {@link fire}, unless `isLasting`
   */
  async attach(isLasting = false): Promise<void> {
    if (!isLasting) {
      await this.#fire('attach', { onRefused: rethrow });
      return;
    }
    await this.#fire('attach', { onRefused: () => {} }).catch(() => {});
    // The state is another when its backend has been DOWN and UP meanwhile.
    await this.#fire('backendDown', {}, () => this.state === 'ABSENT');
  }

  /**
   * Fires `UP`, unless the frontend gets DISCONNECTED meanwhile. The frontend then sends CONNECT, and would take a second DISCONNECTED for
   * its refusal.
   *
   * @throws CtrlIfError as {@link fire}
   */
  async frontendUp(): Promise<void> {
    const count = this.#disconnectedCount;
    await this.#fire('UP', {}, () => this.#disconnectedCount === count);
  }

  /**
   * Stores `setting`, which the backend gets after each CREATE, and sends it now if the backend has the interface.
   *
   * @throws CtrlIfError as {@link fire}. Then nothing has changed
   */
  async set(setting: Setting): Promise<void> {
    const remember = () => this.#backend.settings.set(setting);
    const message = this.#backend.message(setting.name, setting.fields);
    await this.#machine.fire('change', { message, remember });
    // In states that do not send it.
    remember();
  }

  /**
   * Removes `setting`, and sends its `undo` if the backend has the interface and did not refuse the setting.
   *
   * @throws CtrlIfError as {@link fire}. Then nothing has changed
   */
  async unset({ about, undo }: Setting): Promise<void> {
    const remember = () => this.#backend.settings.delete(about);
    const message = undo && this.#backend.message(undo.name, undo.fields);
    if (message) await this.#machine.fire('change', { message, remember }, () => !this.refusals.has(about));
    remember();
  }

  /** The error of that setting, if the backend refused it after the last CREATE. */
  refusalOf({ about }: Setting): CtrlIfError | undefined {
    return this.refusals.get(about);
  }

  /** @internal The fields of INTERFACE_STATUS and of the answer to QUERY. Default: for the current state. */
  statusFields(wanted: InterfaceStatus = STATUS_OF[this.state]): object {
    // During a disconnect the channel is closed before the state changes.
    const status = wanted === 'CONNECTED' && !this.#channel ? 'DISCONNECTED' : wanted;
    return {
      status: INTERFACE_STATUSES.indexOf(status),
      evtchn: status === 'CONNECTED' ? this.#channel!.portB : 0,
      domid: status === 'CLOSED' ? 0 : this.backend.domid,
      ...this.#context.wire.ownFields?.status,
      ...this.#context.fields.status?.(this),
    };
  }

  async #fire(event: DeviceEvent, call: DeviceCall, isDue?: () => boolean): Promise<void> {
    const before = this.state;
    try {
      await this.#machine.fire(event, { isCurrent: this.#backend.current(), ...call }, isDue);
    } finally {
      if (this.state !== before) this.#context.onState?.(this);
    }
  }

  get #actions(): { readonly [A in DeviceAction]: (call: DeviceCall) => unknown } {
    const { wire, channels } = this.#context;
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
          // One of the two domains is ending or has no free port. The backend still has the interface.
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

  /** Waits for the acknowledgement, so that the frontend has the status before the answer to its own request. */
  async #sendStatus(notice: DeviceNotice): Promise<void> {
    const { wire, frontend, handle } = this.#context;
    const status = notice === 'CHANGED' ? wire.changedStatus : notice;
    if (!status || !this.#context.isFrontendUp()) return;
    if (status === 'DISCONNECTED') this.#disconnectedCount++;
    try {
      await frontend.peer.request(frontendMessage(wire, 'INTERFACE_STATUS', handle, this.statusFields(status)));
    } catch (error) {
      // The backend must end in the same state when its frontend does not answer.
      this.#context.onError(error);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
