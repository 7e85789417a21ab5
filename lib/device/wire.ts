/** The names and numbers of messages in which device classes differ. */
import type { AnyMessage } from '../link/codec.ts';
import { type MessageName, seedCodec } from '../wire/codec.ts';
import { BLKIF_DRIVER_STATUS_DOWN, BLKIF_DRIVER_STATUS_UP } from '../wire/constants.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/** The names of `*_INTERFACE_STATUS_*` by number. A class may have another name for one ({@link DeviceWire.statusNames}), or lack it. */
export const INTERFACE_STATUSES = ['CLOSED', 'DISCONNECTED', 'CONNECTED', 'CHANGED'] as const;
export type InterfaceStatus = (typeof INTERFACE_STATUSES)[number];

/** `*_DRIVER_STATUS_*`. All classes have the same numbers. */
export const DRIVER_STATUS = { DOWN: BLKIF_DRIVER_STATUS_DOWN, UP: BLKIF_DRIVER_STATUS_UP } as const;

/** The `*_BE_STATUS_*` that every class has. */
export type CommonStatus =
  | 'OKAY'
  | 'ERROR'
  | 'INTERFACE_EXISTS'
  | 'INTERFACE_NOT_FOUND'
  | 'INTERFACE_CONNECTED'
  | 'OUT_OF_MEMORY'
  | 'MAPPING_ERROR';
/** A `*_BE_STATUS_*` of any class. */
export type BackendStatus = CommonStatus | Uppercase<string>;

/** Fields of messages, by name. */
export type MessageFields = Readonly<Record<string, unknown>>;

/** The messages of one class, by their use, and the ways in which the class differs from others. */
export interface DeviceWire {
  /** The name of the class, in lower case. */
  readonly name: string;
  /** The messages that the header does not have, made with `defineMessage`. The controller and both domains must define them. */
  readonly messages?: readonly MessageDefinition[];
  /** The names of the messages between the controller and the frontend. */
  readonly frontend: {
    readonly INTERFACE_STATUS: string;
    readonly DRIVER_STATUS: string;
    readonly CONNECT: string;
    readonly DISCONNECT: string;
    /** Without it a frontend cannot query its interfaces, and disconnects interface 0 when it starts. */
    readonly QUERY?: string;
  };
  /** The names of the messages between the controller and the backend that every class has. */
  readonly backend: {
    readonly CREATE: string;
    readonly DESTROY: string;
    readonly CONNECT: string;
    readonly DISCONNECT: string;
    readonly DRIVER_STATUS: string;
  };
  /** The field with the handle in messages to the backend. Without it a domain has one interface, handle 0. */
  readonly backendHandle?: string;
  /** The fields of CONNECT with the numbers of the frames. */
  readonly frameFields: readonly string[];
  /** The IN fields that only this class has in a message, with their default values. */
  readonly ownFields?: {
    /** Of CREATE. */
    readonly create?: MessageFields;
    /** Of CONNECT to the backend. */
    readonly connect?: MessageFields;
    /** Of INTERFACE_STATUS and of the answer to QUERY. */
    readonly status?: MessageFields;
  };
  /** The numbers of the class's `*_BE_STATUS_*`. Those of OUT_OF_MEMORY and MAPPING_ERROR differ between classes (PROTOCOL.md 2.2). */
  readonly statuses: Readonly<Record<CommonStatus, number> & Record<string, number>>;
  /** The advice for a status that only this class has, or that has a special meaning in the answer to `message`. */
  readonly advice?: (status: string, message: string) => string | undefined;
  /** The class's names of interface statuses that differ from {@link INTERFACE_STATUSES}. */
  readonly statusNames?: Readonly<Partial<Record<InterfaceStatus, string>>>;
  /** A backend of this class connects an interface only once, so a reconnect destroys and creates it again (PROTOCOL.md 2.6, 3.4). */
  readonly connectsOnce: boolean;
  /** The controller answers a frontend's DRIVER_STATUS UP by one of its own (PROTOCOL.md 2.8, 5.2 D4). */
  readonly answersDriverUp: boolean;
  /** The status by which the frontend learns that a part of its interface, a VBD or a port, was added or removed. Undefined: it has no parts. */
  readonly changedStatus: 'CHANGED' | 'CONNECTED' | undefined;
}

/** A message between the controller and the frontend. Fields that the message lacks, such as the handle, are left out. */
export function frontendMessage(
  wire: DeviceWire,
  kind: 'INTERFACE_STATUS' | 'CONNECT' | 'DISCONNECT' | 'QUERY',
  handle: number,
  fields: object = {},
): AnyMessage {
  const name = wire.frontend[kind]!;
  return { name, ...fieldsOf(wire, name, { handle, ...fields }) };
}

/** A message to the backend, of any name. All of them name the interface in the same way. */
export function backendMessage(
  wire: DeviceWire,
  name: string,
  { domid, handle }: InterfaceId,
  fields: object = {},
): AnyMessage {
  const own = wire.backendHandle ? { [wire.backendHandle]: handle } : {};
  return { name, ...fieldsOf(wire, name, { domid, ...own, ...fields }) };
}

/** Those of `values` that are fields of the message `name`. */
export function fieldsOf(wire: DeviceWire, name: string, values: object): object {
  const { fields } = definitionOf(wire, name).struct;
  return Object.fromEntries(Object.entries(values).filter(([key]) => fields.some((field) => field.name === key)));
}

/** The definition of a message of the class. */
export function definitionOf({ messages = [] }: DeviceWire, name: string): MessageDefinition {
  return messages.find((definition) => definition.name === name) ?? seedCodec.definition(name as MessageName);
}

/** The `type` numbers of the class's messages. */
export function typesOf(wire: DeviceWire): ReadonlySet<number> {
  const names = [...Object.values(wire.frontend), ...Object.values(wire.backend)];
  const definitions = [...names.map((name) => definitionOf(wire, name)), ...(wire.messages ?? [])];
  return new Set(definitions.map(({ type }) => type));
}

/** The class's name of an interface status, or undefined for an unknown number. */
export function interfaceStatusName(wire: DeviceWire | undefined, status: number): string | undefined {
  const name = INTERFACE_STATUSES[status];
  return (name && wire?.statusNames?.[name]) ?? name;
}

/** Names one interface of a class at its backend. */
export interface InterfaceId {
  /** The domid of the frontend, 1 to 65535. */
  readonly domid: number;
  /** The number that the controller gave the interface at its frontend, u32. */
  readonly handle: number;
}

/** The interface that a message to the backend names. */
export function interfaceOf(wire: DeviceWire, message: AnyMessage): InterfaceId {
  return { domid: message.domid as number, handle: wire.backendHandle ? (message[wire.backendHandle] as number) : 0 };
}

/** The handle in a message between the controller and the frontend. */
export const handleOf = (message: AnyMessage): number => (message.handle as number | undefined) ?? 0;

/** The frames of a CONNECT, to the controller or to the backend. */
export const framesOf = (wire: DeviceWire, message: AnyMessage): bigint[] =>
  wire.frameFields.map((field) => message[field] as bigint);

/** The fields of a CONNECT with these frames. */
export const frameFields = (wire: DeviceWire, frames: readonly (bigint | number)[]): Record<string, bigint> =>
  Object.fromEntries(wire.frameFields.map((field, i) => [field, BigInt(frames[i]!)]));
