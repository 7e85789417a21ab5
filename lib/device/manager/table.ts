/** One device as its controller sees it, between its frontend and its backend (PROTOCOL.md 2.16, 3.1 to 3.8). */
import { type Cell, STAY, type Table } from '../table.ts';
import type { InterfaceStatus } from '../wire.ts';

/**
 * - ABSENT: the backend has no interface for it, and is asked for none.
 * - DOWN: the backend's driver is DOWN or gone; the interface is created anew when it is UP.
 * - HELD: and the frontend has asked to be connected, which waits for that.
 * - DISCONNECTED: created.
 * - CONNECTED
 */
export type DeviceState = 'ABSENT' | 'DOWN' | 'HELD' | 'DISCONNECTED' | 'CONNECTED';

/**
 * `attach`, `change`, `destroy`: the owner of the device; UP, DOWN, CONNECT, DISCONNECT: its frontend; `frontendGone`: the
 * frontend's domain has ended; `backendUp`, `backendDown`: the backend's driver; `refused`, `vanished`, `lost`: how an action failed,
 * `connect` by a status or `openChannel`, `connect` by INTERFACE_NOT_FOUND, `connect` or `create` because the backend is not there
 * to do it.
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
 * `create` also says again what was set before: disks, a limit, ports. `change` says it once. `connect` sends the kept frames
 * and the backend's port. `keepFrames` are those of the frontend's CONNECT. `renew` destroys and creates where a backend of the
 * class connects only what is new.
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

/** INTERFACE_STATUS to the frontend, unless its driver is DOWN. CHANGED is said as the class says it. */
export type DeviceNotice = InterfaceStatus;

type DeviceCell = Cell<DeviceState, DeviceAction, DeviceNotice>;

const CLOSE = ['closeChannel', 'dropFrames'] as const satisfies readonly DeviceAction[];
const RESET = ['disconnect', 'renew', ...CLOSE] as const satisfies readonly DeviceAction[];
/** Say where we are: it was asked for what already is so. */
const CONFIRM: DeviceCell = { emit: ['DISCONNECTED'] };

/** One table for all classes. */
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
      // It was attached before its backend came.
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
      // UP: the frontend asks for those that are active itself (the header; PROTOCOL.md 5.2 D16).
      default:      STAY,
    },
  },
};
