/** What a device class is: everything that the rest of the project knows of disks, network interfaces or USB ports. */
import type { ControlSocket } from '../domain/control-socket.ts';
import type { Guest } from '../domain/guest.ts';
import { domainReference } from '../schema/basic-schema.ts';
import type { Operation } from '../schema/operation.ts';
import type { Schema } from '../schema/schema.ts';
import type { Backend } from './backend/backend.ts';
import type { FrontendContext } from './context.ts';
import type { Frontend } from './frontend/frontend.ts';
import type { DeviceFields } from './manager/device.ts';
import type { Setting } from './manager/settings.ts';
import type { AnyTable } from './table.ts';
import type { DeviceWire } from './wire.ts';

/** The key of a device's configuration that every class has. */
export const backendKey = {
  ...domainReference,
  description: "The domain that serves it; default: the machine's driver domain.",
} as const satisfies Schema;

/** What devices of a class are called by: the last step of their path in the API, and the argument of a detach. */
export type DeviceKey = string | number;

/** How the class's devices look to an operator. */
export interface DeviceDescription {
  /** The class; operations are called by it (`blockAttach`), and so are commands (`block-attach`). */
  readonly name: string;
  /** One device of it, in a sentence: `disk`. */
  readonly noun: string;
  /** The key of a domain's configuration that lists its devices, and their segment of a path. */
  readonly list: string;
  /** Its schema is called by it, and so is its flag: `DiskConfig`, `--disk`. */
  readonly item: string;
  /** The configuration of one device. */
  readonly config: Schema & { readonly examples: readonly object[] };
  /** The key of `config` that is the path of a file; the command line makes it absolute, since the machine runs elsewhere. */
  readonly path?: string;
  /** What a device is called by when it is detached. */
  readonly key: { readonly name: string; readonly schema: Schema & { readonly examples: readonly unknown[] } };
  /** The key of `config` that no two devices of a domain may have alike. */
  readonly unique: string;
  /** Whether `A` and `a` are alike there. */
  readonly ignoreCase: boolean;
  /** What only this class has in the list of devices, by key. */
  readonly info: Readonly<Record<string, Schema>>;
  /** The keys of `info` that are columns of a list for people. */
  readonly columns: readonly string[];
  /** What an operator can do to a device beside attach and detach. */
  readonly operations: Readonly<Record<string, Operation>>;
}

/** The devices of one class of a domain, for the operations of the class's own. */
export interface ClassDevices<Device> {
  /**
   * Replaces what is known of the device, once its backend has taken `setting`; from then on the backend is told so at each CREATE.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_NOT_FOUND`, and as {@link Device.set}
   */
  change(key: DeviceKey, update: (device: Device) => Device, setting: Setting): Promise<void>;
}

/**
 * One class. `Device` is what the machine keeps of each device: its configuration, with what the class has chosen for it.
 * `Shared` is what all devices of the class in one machine share.
 */
// biome-ignore lint/suspicious/noExplicitAny: a list of classes has devices of many shapes
export interface DeviceClass<Device extends object = any, Shared = any> extends DeviceDescription {
  readonly wire: DeviceWire;
  /** The tables of its drivers, as docs/devices.md shows them. */
  readonly tables: readonly AnyTable[];
  /** The hooks of its backend's own, for docs/devices.md: the hook, when it is called, and what it may do. */
  readonly hooks?: readonly (readonly [hook: string, when: string, may: string])[];
  /** How the actions of its backend's own refuse. */
  readonly refusals?: Readonly<Record<string, readonly string[]>>;

  /** The frontend driver of a guest. */
  frontend(context: FrontendContext): Frontend;
  /** The backend driver of the driver domain that comes with ctrl-if. */
  // biome-ignore lint/suspicious/noExplicitAny: interfaces, events and actions are the class's own
  backend(guest: Guest): Backend<any, any, any>;

  /** One interface for all devices that a backend serves a domain (disks), or one for each (network interfaces). */
  readonly interfacePer: 'backend' | 'device';
  /** Where a device is the only one of its key, and the answer of a backend that is asked for a second. Default: nowhere. */
  readonly taken?: { readonly within: 'domain' | 'backend'; readonly message: string; readonly status: string };
  /** Made once for each machine. */
  shared?(): Shared;
  /** Answers what guests ask about what is shared; called for each domain that has connected. */
  answer?(shared: Shared, controlSocket: ControlSocket<'controller'>): void;
  /** The device that `config` describes; `others` are the domain's devices of this class. */
  // biome-ignore lint/suspicious/noExplicitAny: what `config`, its schema, describes
  place(config: any, others: readonly Device[], shared: Shared): Device;
  /** The device is gone: gives back what `place` has taken from what is shared. */
  free?(device: Device, shared: Shared): void;
  /** What the device is called by. Default: the handle of its interface. */
  keyOf?(device: Device): DeviceKey;
  /** For the list of devices: its `id`, and what `info` describes. */
  describe(device: Device): { readonly id: string } & Readonly<Record<string, unknown>>;
  /** The fields of its interface's messages that only this class has. */
  fields?(device: Device): DeviceFields;
  /** What the backend is told of the device after each CREATE. Where devices share an interface, each has one. */
  setting?(device: Device): Setting | undefined;
  /** In place of a backend's refusal of that device: a sentence that says more. */
  explain?(error: unknown, device: Device, backend: string, shared: Shared): unknown;
  /** How the operations of the class's own are done, by their names, with the arguments after the domain. */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments that `operations` states
  readonly run?: Readonly<Record<string, (devices: ClassDevices<Device>, ...given: any[]) => Promise<void>>>;
}
