/** One device at its controller, between frontend and backend (PROTOCOL.md 2.16, 3.1 to 3.8). */
import { type Cell, STAY, type Table } from '../table.ts';
import type { InterfaceStatus } from '../wire.ts';

/**
 * - ABSENT: the backend has no interface for it, and gets no CREATE.
 * - DOWN: the backend's driver is DOWN or gone. UP creates the interface again.
 * - HELD: as DOWN, and the frontend's CONNECT waits for UP.
 * - DISCONNECTED: the backend has the interface.
 * - CONNECTED
 */
export type DeviceState = 'ABSENT' | 'DOWN' | 'HELD' | 'DISCONNECTED' | 'CONNECTED';

/**
 * - `attach`, `change`, `destroy`: calls of the device's owner
 * - UP, DOWN, CONNECT, DISCONNECT: the frontend
 * - `frontendGone`: the frontend's domain has ended
 * - `backendUp`, `backendDown`: the backend's driver
 * - `refused`: `openChannel` failed, or the backend refused `connect`
 * - `vanished`: the backend answered `connect` with INTERFACE_NOT_FOUND
 * - `lost`: `connect` or `create` failed, because the backend is gone or refused `create`
 */
const EVENTS = [
  'attach',
  'change',
  'destroy',
  'UP',
  'DOWN',
  'CONNECT',
  'DISCONNECT',
  'frontendGone',
  'backendUp',
  'backendDown',
  'refused',
  'vanished',
  'lost',
] as const;
export type DeviceEvent = (typeof EVENTS)[number];

/**
 * `create` also sends the settings again: disks, a limit, ports. `change` sends one setting. `connect` sends the kept frames and the
 * backend's port. `keepFrames` keeps the frames of the frontend's CONNECT. `renew` destroys and creates the interface, for a class with
 * `connectsOnce`.
 */
export type DeviceAction =
  | 'create'
  | 'change'
  | 'disconnect'
  | 'renew'
  | 'destroy'
  | 'connect'
  | 'openChannel'
  | 'closeChannel'
  | 'keepFrames'
  | 'dropFrames';

/** The INTERFACE_STATUS that the frontend gets, unless its driver is DOWN. CHANGED becomes the class's `changedStatus`. */
export type DeviceNotice = InterfaceStatus;

type DeviceCell = Cell<DeviceState, DeviceAction, DeviceNotice>;

const CLOSE = ['closeChannel', 'dropFrames'] as const satisfies readonly DeviceAction[];
const RESET = ['disconnect', 'renew', ...CLOSE] as const satisfies readonly DeviceAction[];
/** The device is in that state already. */
const CONFIRM: DeviceCell = { emit: ['DISCONNECTED'] };

/** A device of any class. */
// biome-ignore format: a table, one cell a line
export const DEVICE: Table<DeviceState, DeviceEvent, DeviceAction, DeviceNotice> = {
  name: 'device',
  initial: 'ABSENT',
  events: EVENTS,
  cells: {
    ABSENT: {
      attach:       { do: ['create'], next: 'DISCONNECTED', emit: ['DISCONNECTED'] },
      CONNECT:      { emit: ['CLOSED'] },
      DISCONNECT:   { emit: ['CLOSED'] },
      // It was attached before its backend was UP.
      backendDown:  { next: 'DOWN', emit: ['DISCONNECTED'] },
      default:      STAY,
    },
    DOWN: {
      destroy:      { next: 'ABSENT', emit: ['CLOSED'] },
      UP:           CONFIRM,
      CONNECT:      { do: ['keepFrames'], next: 'HELD' },
      DISCONNECT:   CONFIRM,
      frontendGone: { next: 'ABSENT' },
      backendUp:    { do: ['create'], next: 'DISCONNECTED', emit: ['DISCONNECTED'] },
      default:      STAY,
    },
    HELD: {
      destroy:      { do: CLOSE, next: 'ABSENT', emit: ['CLOSED'] },
      UP:           { do: CLOSE, next: 'DOWN', emit: ['DISCONNECTED'] },
      DOWN:         { do: CLOSE, next: 'DOWN' },
      CONNECT:      { do: ['keepFrames'] },
      DISCONNECT:   { do: CLOSE, next: 'DOWN', emit: ['DISCONNECTED'] },
      frontendGone: { do: CLOSE, next: 'ABSENT' },
      backendUp:    { do: ['create', 'openChannel', 'connect'], next: 'CONNECTED', emit: ['CONNECTED'] },
      refused:      { do: CLOSE, next: 'DISCONNECTED', emit: ['DISCONNECTED'] },
      vanished:     { do: CLOSE, next: 'ABSENT', emit: ['CLOSED'] },
      lost:         { do: ['closeChannel'] },
      default:      STAY,
    },
    DISCONNECTED: {
      change:       { do: ['change'] },
      destroy:      { do: ['destroy'], next: 'ABSENT', emit: ['CLOSED'] },
      UP:           CONFIRM,
      CONNECT:      { do: ['keepFrames', 'openChannel', 'connect'], next: 'CONNECTED', emit: ['CONNECTED'] },
      DISCONNECT:   CONFIRM,
      frontendGone: { do: ['destroy'], next: 'ABSENT' },
      backendDown:  { next: 'DOWN' },
      refused:      { do: CLOSE, emit: ['DISCONNECTED'] },
      vanished:     { do: CLOSE, next: 'ABSENT', emit: ['CLOSED'] },
      lost:         { do: ['closeChannel'], next: 'HELD' },
      default:      STAY,
    },
    CONNECTED: {
      change:       { do: ['change'], emit: ['CHANGED'] },
      destroy:      { do: ['disconnect', ...CLOSE, 'destroy'], next: 'ABSENT', emit: ['CLOSED'] },
      DOWN:         { do: RESET, next: 'DISCONNECTED' },
      CONNECT:      { do: [...RESET, 'keepFrames', 'openChannel', 'connect'], emit: ['CONNECTED'] },
      DISCONNECT:   { do: RESET, next: 'DISCONNECTED', emit: ['DISCONNECTED'] },
      frontendGone: { do: ['disconnect', ...CLOSE, 'destroy'], next: 'ABSENT' },
      backendDown:  { do: CLOSE, next: 'DOWN', emit: ['DISCONNECTED'] },
      refused:      { do: CLOSE, next: 'DISCONNECTED', emit: ['DISCONNECTED'] },
      vanished:     { do: CLOSE, next: 'ABSENT', emit: ['CLOSED'] },
      lost:         { do: CLOSE, next: 'DOWN', emit: ['DISCONNECTED'] },
      // UP: the frontend queries its active interfaces itself (the header; PROTOCOL.md 5.2 D16).
      default:      STAY,
    },
  },
};
