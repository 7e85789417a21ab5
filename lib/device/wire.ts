/** How a device class says what all of them say: the names and numbers in which block, network and USB differ. */
import type { AnyMessage } from '../link/codec.ts';
import { type MessageName, seedCodec } from '../wire/codec.ts';
import { BLKIF_DRIVER_STATUS_DOWN, BLKIF_DRIVER_STATUS_UP } from '../wire/constants.ts';

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
export type VbdStatus = 'VBD_EXISTS' | 'VBD_NOT_FOUND' | 'PHYSDEV_NOT_FOUND';
export type BackendStatus = CommonStatus | VbdStatus;

/** One class. */
export interface DeviceWire {
  readonly name: 'block' | 'network' | 'usb';
  /** The messages between the controller and the frontend. */
  readonly frontend: {
    readonly INTERFACE_STATUS: MessageName;
    readonly DRIVER_STATUS: MessageName;
    readonly CONNECT: MessageName;
    readonly DISCONNECT: MessageName;
    /** USB has none. */
    readonly QUERY?: MessageName;
  };
  /** The messages between the controller and the backend that every class has. */
  readonly backend: {
    readonly CREATE: MessageName;
    readonly DESTROY: MessageName;
    readonly CONNECT: MessageName;
    readonly DISCONNECT: MessageName;
    readonly DRIVER_STATUS: MessageName;
  };
  /** The field that holds the handle in messages to the backend. Without one (USB) a domain has one interface, handle 0. */
  readonly backendHandle?: 'blkifHandle' | 'netifHandle';
  /** The fields of CONNECT that hold frames. */
  readonly frameFields: readonly string[];
  /** The class's own numbers: out-of-memory and mapping-error differ (PROTOCOL.md 2.2). */
  readonly statuses: Readonly<Record<CommonStatus, number> & Partial<Record<VbdStatus, number>>>;
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
  return { name, ...fieldsOf(name, { handle, ...fields }) };
}

/** A message to the backend, of any name: they all name the interface the same way. */
export function backendMessage(
  wire: DeviceWire,
  name: MessageName,
  { domid, handle }: InterfaceId,
  fields: object = {},
): AnyMessage {
  const own = wire.backendHandle ? { [wire.backendHandle]: handle } : {};
  return { name, ...fieldsOf(name, { domid, ...own, ...fields }) };
}

/** Those of `values` that the message called `name` has: what all classes say together has more than each has fields for. */
export function fieldsOf(name: MessageName, values: object): object {
  const { fields } = seedCodec.definition(name).struct;
  return Object.fromEntries(Object.entries(values).filter(([key]) => fields.some((field) => field.name === key)));
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
