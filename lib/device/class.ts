/** The type of a device class: all that the rest of the project knows of one. */
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

/** The schema of `backend`, a key of every class's configuration. */
export const backendKey = {
  ...domainReference,
  description: "The domain that serves it; default: the machine's driver domain.",
} as const satisfies Schema;

/** Names a device within its domain and class: the last segment of its path in the API, and the argument of a detach. */
export type DeviceKey = string | number;

/** The operator's view of a class: its names, configuration and operations. */
export interface DeviceDescription {
  /** The name of the class. Operations (`randomAttach`) and commands (`random-attach`) begin with it. */
  readonly name: string;
  /** One device, in a sentence: `disk`. */
  readonly noun: string;
  /** The key of a domain's configuration that lists its devices, and the segment of their path in the API: `disks`. */
  readonly list: string;
  /** Names the schema and the flag of one device: `disk` gives `DiskConfig` and `--disk`. */
  readonly item: string;
  /** The schema of one device's configuration. */
  readonly config: Schema & { readonly examples: readonly object[] };
  /** The key of `config` that is the path of a file. The command line makes it absolute, since the machine runs in another directory. */
  readonly path?: string;
  /** The name and the schema of a {@link DeviceKey} of this class. */
  readonly key: { readonly name: string; readonly schema: Schema & { readonly examples: readonly unknown[] } };
  /** The key of `config` whose values differ between the devices of a domain. */
  readonly unique: string;
  /** Whether `A` and `a` are the same value of the `unique` key. */
  readonly ignoreCase: boolean;
  /** The schemas of the keys that only this class has in the list of devices. */
  readonly info: Readonly<Record<string, Schema>>;
  /** The keys of `info` that are columns of the printed list. */
  readonly columns: readonly string[];
  /** The operations on a device besides attach and detach, by their names. */
  readonly operations: Readonly<Record<string, Operation>>;
}

/** The devices that a domain has of one class, for `run`. */
export interface ClassDevices<Device> {
  /**
   * Sends `setting` to the backend, which gets it again after each CREATE. Then stores the device that `update` returns.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_NOT_FOUND` when the domain has no such device, and as {@link Device.set}
   */
  change(key: DeviceKey, update: (device: Device) => Device, setting: Setting): Promise<void>;
}

/**
 * One device class. The machine stores a `Device` for each device: its configuration, and the values that `place` chose. It stores one
 * `Shared` for all devices of the class.
 */
// biome-ignore lint/suspicious/noExplicitAny: a list of classes has devices of many shapes
export interface DeviceClass<Device extends object = any, Shared = any> extends DeviceDescription {
  /** The messages of the class, and how it uses them. */
  readonly wire: DeviceWire;
  /** The tables of its drivers, for docs/devices.md. */
  readonly tables: readonly AnyTable[];
  /** The backend hooks that only this class has, for docs/devices.md: the hook, when it is called, and what it may do. */
  readonly hooks?: readonly (readonly [hook: string, when: string, may: string])[];
  /** The backend actions that only this class has, with the statuses that they may refuse with. */
  readonly refusals?: Readonly<Record<string, readonly string[]>>;

  /** Makes the frontend driver of a guest. */
  frontend(context: FrontendContext): Frontend;
  /** Makes the backend driver of the driver domain that comes with ctrl-if. */
  // biome-ignore lint/suspicious/noExplicitAny: interfaces, events and actions are the class's own
  backend(guest: Guest): Backend<any, any, any>;

  /** `backend`: one interface for all devices that a backend serves to a domain. `device`: one interface for each device. */
  readonly interfacePer: 'backend' | 'device';
  /** Keys are unique within a domain or a backend. For a second one the backend answers `message` with `status`. Default: not checked. */
  readonly taken?: { readonly within: 'domain' | 'backend'; readonly message: string; readonly status: string };
  /** Makes the `Shared` of a machine. It is called once. */
  shared?(): Shared;
  /** Registers the answers to questions of guests about `shared`. It is called for each domain that connects. */
  answer?(shared: Shared, controlSocket: ControlSocket<'controller'>): void;
  /** Makes the device that `config` describes. `others` are the domain's devices of this class. */
  // biome-ignore lint/suspicious/noExplicitAny: what `config`, its schema, describes
  place(config: any, others: readonly Device[], shared: Shared): Device;
  /** Returns to `shared` what `place` took, when the device is gone. */
  free?(device: Device, shared: Shared): void;
  /** The device's {@link DeviceKey}. Default: the handle of its interface. */
  keyOf?(device: Device): DeviceKey;
  /** The device in the list of devices: its `id`, and the keys of `info`. */
  describe(device: Device): { readonly id: string } & Readonly<Record<string, unknown>>;
  /** The fields that only this class has in messages about the interface. */
  fields?(device: Device): DeviceFields;
  /** The message about the device that its backend gets after each CREATE. Devices that share an interface must have one each. */
  setting?(device: Device): Setting | undefined;
  /** Replaces a backend's refusal of the device by an error that says more. */
  explain?(error: unknown, device: Device, backend: string, shared: Shared): unknown;
  /** Runs the `operations`, by their names, with the arguments after the domain. */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments that `operations` states
  readonly run?: Readonly<Record<string, (devices: ClassDevices<Device>, ...given: any[]) => Promise<void>>>;
}
