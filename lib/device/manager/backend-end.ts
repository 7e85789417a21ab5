import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import { Raised } from '../table.ts';
import { backendMessage, type DeviceWire } from '../wire.ts';
import type { DomainPeer } from './domain-peer.ts';
import { refused } from './refused.ts';
import type { Setting, Settings } from './settings.ts';

/** Names the interface, and gives the fields that only its class has in messages to the backend. */
export interface BackendEndOptions {
  readonly wire: DeviceWire;
  /** The frontend's domid. */
  readonly frontend: number;
  readonly handle: number;
  /** The settings that the backend gets after each CREATE. */
  readonly settings: Settings;
  /** Fields of CREATE. */
  readonly create?: object | undefined;
  /** Fields of INTERFACE_CONNECT. */
  readonly connect?: object | undefined;
  /** Called with errors that no caller can receive. */
  readonly onError: (error: unknown) => void;
}

/** Options of work that is useless after the backend's driver has been DOWN. */
export interface CreateOptions {
  /** Whether the driver has not been DOWN since the work was requested. */
  readonly isCurrent?: () => boolean;
  /** Called when the backend refuses a setting. When it throws, the whole CREATE fails. Default: `onError`. */
  readonly onRefused?: (error: unknown) => void;
}

/** The controller's requests to a backend about one interface, and their failures. */
export class BackendEnd {
  readonly settings: Settings;
  readonly #options: BackendEndOptions;
  #domain: DomainPeer;
  #failure: unknown;

  constructor(domain: DomainPeer, options: BackendEndOptions) {
    this.#domain = domain;
    this.#options = options;
    this.settings = options.settings;
  }

  get domain(): DomainPeer {
    return this.#domain;
  }

  /** The error of the last CREATE, or the refusals of its settings. */
  get problems(): readonly unknown[] {
    return this.#failure === undefined ? [...this.settings.refusals.values()] : [this.#failure];
  }

  /** Sends all further messages to another driver domain. */
  moveTo(domain: DomainPeer): void {
    this.#domain = domain;
  }

  /** Returns a function that says whether the driver has not been DOWN since this call. */
  current(): () => boolean {
    const { life } = this.#domain;
    return () => this.#domain.life === life;
  }

  /** A message to the backend about this interface. */
  message(name: string, fields?: object): AnyMessage {
    const { wire, frontend, handle } = this.#options;
    return backendMessage(wire, name, { domid: frontend, handle }, fields);
  }

  /** Sends CREATE and all settings. Raises `lost`. */
  async create({ isCurrent, onRefused = this.#options.onError }: CreateOptions): Promise<void> {
    const { wire, create: fields } = this.#options;
    const create = () => this.#request(isCurrent, this.message(wire.backend.CREATE, fields));
    const isRefused = (error: unknown): error is CtrlIfError => {
      // A device is usable without one of its disks, but not without its limit.
      if (failureOf(error) !== 'refused' || !wire.changedStatus) return false;
      onRefused(error);
      return true;
    };
    this.settings.clearRefusals();
    this.#failure = undefined;
    try {
      await create().catch((error) => this.#removeExisting(error).then(create));
      try {
        const send = ({ name, fields }: Setting) => this.#request(isCurrent, this.message(name, fields));
        await this.settings.sendAll(send, isRefused);
      } catch (error) {
        await this.destroy();
        throw error;
      }
    } catch (error) {
      this.settings.clearRefusals();
      this.#failure = error;
      throw new Raised('lost', error);
    }
  }

  /** Sends CONNECT with these frames and the backend's port. Raises `refused`, `vanished` or `lost`. */
  async connect(frames: object, evtchn: number, { isCurrent }: CreateOptions): Promise<void> {
    const { wire, connect: fields } = this.#options;
    try {
      await this.#request(isCurrent, this.message(wire.backend.CONNECT, { ...frames, evtchn, ...fields }));
    } catch (error) {
      throw new Raised(failureOf(error), error);
    }
  }

  disconnect(): Promise<void> {
    return this.#requestEnd(this.#options.wire.backend.DISCONNECT);
  }

  destroy(): Promise<void> {
    return this.#requestEnd(this.#options.wire.backend.DESTROY);
  }

  /** Sends a request. @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` for a status other than OKAY, and the errors of {@link Peer.request} */
  async ask(message: AnyMessage): Promise<void> {
    const { wire, frontend } = this.#options;
    const { domid, peer } = this.#domain;
    const { status } = await peer.request(message);
    // Some messages have no status.
    if (status === undefined || status === wire.statuses.OKAY) return;
    throw refused(wire, domid, frontend, message, status);
  }

  /** An interface that exists before its CREATE comes from an earlier CREATE of this controller, whose answer came too late. */
  async #removeExisting(error: unknown): Promise<void> {
    if ((error as CtrlIfError).status !== 'INTERFACE_EXISTS') throw error;
    await this.disconnect();
    await this.destroy();
  }

  async #request(isCurrent: CreateOptions['isCurrent'], message: AnyMessage): Promise<void> {
    const ensureCurrent = () => {
      if (isCurrent?.() === false) throw wentDown(this.#domain.domid, message);
    };
    ensureCurrent();
    await this.ask(message);
    ensureCurrent();
  }

  /** Succeeds also when the backend is gone or has no such interface, since then it maps no page. */
  async #requestEnd(name: string): Promise<void> {
    try {
      await this.ask(this.message(name));
    } catch (error) {
      if (failureOf(error) === 'refused') throw error;
      this.#options.onError(error);
    }
  }
}

function wentDown(domid: number, { name }: AnyMessage): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_STATE',
    `the driver of backend domain ${domid} went DOWN before it had done ${name}`,
    {
      advice: 'wait until it is UP: the device is created then',
      domid,
      subject: name,
      expected: 'a driver that is UP',
    },
  );
}

function failureOf(error: unknown): 'refused' | 'vanished' | 'lost' {
  if (!(error instanceof CtrlIfError) || error.code !== 'ERR_CTRL_IF_DEVICE_REFUSED') return 'lost';
  return error.status === 'INTERFACE_NOT_FOUND' ? 'vanished' : 'refused';
}
