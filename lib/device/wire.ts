/** How a device class says what all of them say: the names and numbers in which classes differ. */
import type { AnyMessage } from '../link/codec.ts';
import { type MessageName, seedCodec } from '../wire/codec.ts';
import { BLKIF_DRIVER_STATUS_DOWN, BLKIF_DRIVER_STATUS_UP } from '../wire/constants.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/** `*_INTERFACE_STATUS_*` by number, the same in all classes but for USB's name of 0, DESTROYED, and its lack of 3. */
export const INTERFACE_STATUSES = ['CLOSED', 'DISCONNECTED', 'CONNECTED', 'CHANGED'] as const;
export type InterfaceStatus = (typeof INTERFACE_STATUSES)[number];

/** `*_DRIVER_STATUS_*`, the same numbers in all classes. */
export const DRIVER_STATUS = { DOWN: BLKIF_DRIVER_STATUS_DOWN, UP: BLKIF_DRIVER_STATUS_UP } as const;

/** `*_BE_STATUS_*` that every class has, and those of one class only. */
export type CommonStatus =
  | 'OKAY'
  | 'ERROR'
  | 'INTERFACE_EXISTS'
  | 'INTERFACE_NOT_FOUND'
  | 'INTERFACE_CONNECTED'
  | 'OUT_OF_MEMORY'
  | 'MAPPING_ERROR';
export type BackendStatus = CommonStatus | Uppercase<string>;

/** Fields of messages, by name. */
export type MessageFields = Readonly<Record<string, unknown>>;

/** The messages of one class, and what they are used for. */
export interface DeviceWire {
  /** The class's name: `block`. */
  readonly name: string;
  /** Messages that the header does not have, made with `defineMessage`: the controller and both domains define them. */
  readonly messages?: readonly MessageDefinition[];
  /** The messages between the controller and the frontend. */
  readonly frontend: {
    readonly INTERFACE_STATUS: string;
    readonly DRIVER_STATUS: string;
    readonly CONNECT: string;
    readonly DISCONNECT: string;
    /** Without it a frontend cannot ask for its interfaces, and disconnects what it may find. */
    readonly QUERY?: string;
  };
  /** The messages between the controller and the backend that every class has. */
  readonly backend: {
    readonly CREATE: string;
    readonly DESTROY: string;
    readonly CONNECT: string;
    readonly DISCONNECT: string;
    readonly DRIVER_STATUS: string;
  };
  /** The field that holds the handle in messages to the backend. Without one a domain has one interface, handle 0. */
  readonly backendHandle?: string;
  /** The fields of CONNECT that hold frames. */
  readonly frameFields: readonly string[];
  /** The IN fields that only this class has in a message, as they are where nothing else is known. */
  readonly ownFields?: {
    /** Of CREATE. */
    readonly create?: MessageFields;
    /** Of CONNECT to the backend. */
    readonly connect?: MessageFields;
    /** Of INTERFACE_STATUS and of the answer to QUERY. */
    readonly status?: MessageFields;
  };
  /** The class's own numbers: out-of-memory and mapping-error differ (PROTOCOL.md 2.2). */
  readonly statuses: Readonly<Record<CommonStatus, number> & Record<string, number>>;
  /** What to do about a status that only this class has, or that means something of its own in `message`. */
  readonly advice?: (status: string, message: string) => string | undefined;
  /** The name of an interface status that the class calls otherwise than {@link INTERFACE_STATUSES} does. */
  readonly statusNames?: Readonly<Partial<Record<InterfaceStatus, string>>>;
  /** A backend of this class connects only what was just created, so that a reconnect creates anew (PROTOCOL.md 2.6, 3.4). */
  readonly connectsOnce: boolean;
  /** The frontend waits until the controller says DRIVER_STATUS(UP) in turn (PROTOCOL.md 2.8, 5.2 D4). */
  readonly answersDriverUp: boolean;
  /** How the frontend is told that a part of its interface, a VBD or a port, has come or gone; undefined: it has no parts. */
  readonly changedStatus: 'CHANGED' | 'CONNECTED' | undefined;
}

/** A message of the frontend's side; USB's have no handle. */
export function frontendMessage(
  wire: DeviceWire,
  which: 'INTERFACE_STATUS' | 'CONNECT' | 'DISCONNECT' | 'QUERY',
  handle: number,
  fields: object = {},
): AnyMessage {
  const name = wire.frontend[which]!;
  return { name, ...fieldsOf(wire, name, { handle, ...fields }) };
}

/** A message to the backend, of any name: they all name the interface the same way. */
export function backendMessage(
  wire: DeviceWire,
  name: string,
  { domid, handle }: InterfaceId,
  fields: object = {},
): AnyMessage {
  const own = wire.backendHandle ? { [wire.backendHandle]: handle } : {};
  return { name, ...fieldsOf(wire, name, { domid, ...own, ...fields }) };
}

/** Those of `values` that the message called `name` has: all classes together have more fields than each of them. */
export function fieldsOf(wire: DeviceWire, name: string, values: object): object {
  const { fields } = definitionOf(wire, name).struct;
  return Object.fromEntries(Object.entries(values).filter(([key]) => fields.some((field) => field.name === key)));
}

/** The definition of a message of that class. */
export function definitionOf({ messages = [] }: DeviceWire, name: string): MessageDefinition {
  return messages.find((definition) => definition.name === name) ?? seedCodec.definition(name as MessageName);
}

/** The types of the messages of that class. */
export function typesOf(wire: DeviceWire): ReadonlySet<number> {
  const names = [...Object.values(wire.frontend), ...Object.values(wire.backend)];
  const definitions = [...names.map((name) => definitionOf(wire, name)), ...(wire.messages ?? [])];
  return new Set(definitions.map(({ type }) => type));
}

/** The name of an interface's status, as its class calls it. */
export function interfaceStatusName(wire: DeviceWire | undefined, status: number): string | undefined {
  const name = INTERFACE_STATUSES[status];
  return (name && wire?.statusNames?.[name]) ?? name;
}

/** Which interface: a frontend's domain, and the handle that the controller gave it there. */
export interface InterfaceId {
  readonly domid: number;
  readonly handle: number;
}

/** The interface that a message to the backend names. */
export function interfaceOf(wire: DeviceWire, message: AnyMessage): InterfaceId {
  return { domid: message.domid as number, handle: wire.backendHandle ? (message[wire.backendHandle] as number) : 0 };
}

/** The interface that a message of the frontend's side names. */
export const handleOf = (message: AnyMessage): number => (message.handle as number | undefined) ?? 0;

/** The frames of a CONNECT, from either side. */
export const framesOf = (wire: DeviceWire, message: AnyMessage): bigint[] =>
  wire.frameFields.map((field) => message[field] as bigint);

/** The fields of a CONNECT that carries these frames. */
export const frameFields = (wire: DeviceWire, frames: readonly (bigint | number)[]): Record<string, bigint> =>
  Object.fromEntries(wire.frameFields.map((field, i) => [field, BigInt(frames[i]!)]));
