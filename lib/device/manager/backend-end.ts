import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import { Raised } from '../table.ts';
import { backendMessage, type DeviceWire } from '../wire.ts';
import type { DomainPeer } from './domain-peer.ts';
import { refused } from './refused.ts';
import type { Settings } from './settings.ts';

/** Which interface it is, and what its class says in messages to its backend beside what all classes say. */
export interface BackendEndOptions {
  readonly wire: DeviceWire;
  /** The frontend's domid. */
  readonly frontend: number;
  readonly handle: number;
  /** What it is told after each CREATE. */
  readonly settings: Settings;
  /** Fields of CREATE. */
  readonly create?: object | undefined;
  /** Fields of INTERFACE_CONNECT. */
  readonly connect?: object | undefined;
  /** What went wrong without a caller to hear of it. */
  readonly onError: (error: unknown) => void;
}

/** For what is of use only while the backend's driver stays UP. */
export interface Making {
  /** Whether that has not been DOWN since this was to happen. */
  readonly isCurrent?: () => boolean;
  /** The backend refuses a part. What it throws makes that the refusal of the whole. Default: `onError`. */
  readonly onRefused?: (error: unknown) => void;
}

/** One interface at its backend: the controller's requests about it, and what has become of them. */
export class BackendEnd {
  readonly settings: Settings;
  readonly #with: BackendEndOptions;
  #domain: DomainPeer;
  #failure: unknown;

  constructor(domain: DomainPeer, options: BackendEndOptions) {
    this.#domain = domain;
    this.#with = options;
    this.settings = options.settings;
  }

  get domain(): DomainPeer {
    return this.#domain;
  }

  /** Why it could not be created when that was tried last, or what of it was refused. */
  get problems(): readonly unknown[] {
    return this.#failure === undefined ? [...this.settings.refusals.values()] : [this.#failure];
  }

  /** Another driver domain: what follows goes to it. */
  moveTo(domain: DomainPeer): void {
    this.#domain = domain;
  }

  /** Says of what is to happen later whether the driver that is there now has not been DOWN since. */
  current(): () => boolean {
    const { life } = this.#domain;
    return () => this.#domain.life === life;
  }

  /** A message to the backend about this interface. */
  message(name: string, fields?: object): AnyMessage {
    const { wire, frontend, handle } = this.#with;
    return backendMessage(wire, name, { domid: frontend, handle }, fields);
  }

  /** CREATE, and all that was set. Raises `lost`. */
  async create({ isCurrent, onRefused = this.#with.onError }: Making): Promise<void> {
    const { wire, create: fields } = this.#with;
    const make = () => this.#make(isCurrent, this.message(wire.backend.CREATE, fields));
    const isRefused = (error: unknown): error is CtrlIfError => {
      // A device without one of its disks is still a device; one without its limit is not what was asked for.
      if (failureOf(error) !== 'refused' || !wire.changedStatus) return false;
      onRefused(error);
      return true;
    };
    this.settings.unsay();
    this.#failure = undefined;
    try {
      await make().catch((error) => this.#takeAway(error).then(make));
      try {
        await this.settings.sayAll(({ name, fields }) => this.#make(isCurrent, this.message(name, fields)), isRefused);
      } catch (error) {
        await this.destroy();
        throw error;
      }
    } catch (error) {
      this.settings.unsay();
      this.#failure = error;
      throw new Raised('lost', error);
    }
  }

  /** CONNECT with these frames and the port of the backend's end. Raises `refused`, `vanished` or `lost`. */
  async connect(frames: object, evtchn: number, { isCurrent }: Making): Promise<void> {
    const { wire, connect: fields } = this.#with;
    try {
      await this.#make(isCurrent, this.message(wire.backend.CONNECT, { ...frames, evtchn, ...fields }));
    } catch (error) {
      throw new Raised(failureOf(error), error);
    }
  }

  disconnect(): Promise<void> {
    return this.#leave(this.#with.wire.backend.DISCONNECT);
  }

  destroy(): Promise<void> {
    return this.#leave(this.#with.wire.backend.DESTROY);
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` for a status other than OKAY, or the failure of the request */
  async ask(message: AnyMessage): Promise<void> {
    const { wire, frontend } = this.#with;
    const { domid, peer } = this.#domain;
    const { status } = await peer.request(message);
    // A message may have none.
    if (status === undefined || status === wire.statuses.OKAY) return;
    throw refused(wire, domid, frontend, message, status);
  }

  /**
   * An interface that is there already when it is to be created is our own from before: an answer had been given up. Nobody else
   * makes any.
   */
  async #takeAway(error: unknown): Promise<void> {
    if ((error as CtrlIfError).status !== 'INTERFACE_EXISTS') throw error;
    await this.disconnect();
    await this.destroy();
  }

  async #make(isCurrent: Making['isCurrent'], message: AnyMessage): Promise<void> {
    const gone = () => {
      if (isCurrent?.() === false) throw wentDown(this.#domain.domid, message);
    };
    gone();
    await this.ask(message);
    gone();
  }

  /** A backend that is not there, or has no such interface, has nothing mapped any more. */
  async #leave(name: string): Promise<void> {
    try {
      await this.ask(this.message(name));
    } catch (error) {
      if (failureOf(error) === 'refused') throw error;
      this.#with.onError(error);
    }
  }
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
  return error.status === 'INTERFACE_NOT_FOUND' ? 'vanished' : 'refused';
}
