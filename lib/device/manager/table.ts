/** One device as its controller sees it, between its frontend and its backend (PROTOCOL.md 2.16, 3.1 to 3.8). */
import type { Cell, Table } from '../table.ts';
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
export type DeviceEvent =
  | 'attach'
  | 'change'
  | 'destroy'
  | 'UP'
  | 'DOWN'
  | 'CONNECT'
  | 'DISCONNECT'
  | 'frontendGone'
  | 'backendUp'
  | 'backendDown'
  | 'refused'
  | 'vanished'
  | 'lost';

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
const stay = <S extends DeviceState>(next: S): DeviceCell => ({ next });
/** Say where we are: it was asked for what already is so. */
const confirm = (next: 'DISCONNECTED' | 'DOWN'): DeviceCell => ({ next, tell: ['DISCONNECTED'] });

/** One table for all classes. */
// biome-ignore format: a table, one cell a line
export const DEVICE: Table<DeviceState, DeviceEvent, DeviceAction, DeviceNotice> = {
  name: 'device',
  initial: 'ABSENT',
  cells: {
    ABSENT: {
      attach:       { do: ['create'], next: 'DISCONNECTED', tell: ['DISCONNECTED'] },
      change:       stay('ABSENT'),
      destroy:      stay('ABSENT'),
      UP:           stay('ABSENT'),
      DOWN:         stay('ABSENT'),
      CONNECT:      { next: 'ABSENT', tell: ['CLOSED'] },
      DISCONNECT:   { next: 'ABSENT', tell: ['CLOSED'] },
      frontendGone: stay('ABSENT'),
      backendUp:    stay('ABSENT'),
      // It was attached before its backend came.
      backendDown:  { next: 'DOWN', tell: ['DISCONNECTED'] },
      refused:      stay('ABSENT'),
      vanished:     stay('ABSENT'),
      lost:         stay('ABSENT'),
    },
    DOWN: {
      attach:       stay('DOWN'),
      change:       stay('DOWN'),
      destroy:      { next: 'ABSENT', tell: ['CLOSED'] },
      UP:           confirm('DOWN'),
      DOWN:         stay('DOWN'),
      CONNECT:      { do: ['keepFrames'], next: 'HELD' },
      DISCONNECT:   confirm('DOWN'),
      frontendGone: stay('ABSENT'),
      backendUp:    { do: ['create'], next: 'DISCONNECTED', tell: ['DISCONNECTED'] },
      backendDown:  stay('DOWN'),
      refused:      stay('DOWN'),
      vanished:     stay('DOWN'),
      lost:         stay('DOWN'),
    },
    HELD: {
      attach:       stay('HELD'),
      change:       stay('HELD'),
      destroy:      { do: CLOSE, next: 'ABSENT', tell: ['CLOSED'] },
      UP:           { do: CLOSE, next: 'DOWN', tell: ['DISCONNECTED'] },
      DOWN:         { do: CLOSE, next: 'DOWN' },
      CONNECT:      { do: ['keepFrames'], next: 'HELD' },
      DISCONNECT:   { do: CLOSE, next: 'DOWN', tell: ['DISCONNECTED'] },
      frontendGone: { do: CLOSE, next: 'ABSENT' },
      backendUp:    { do: ['create', 'openChannel', 'connect'], next: 'CONNECTED', tell: ['CONNECTED'] },
      backendDown:  stay('HELD'),
      refused:      { do: CLOSE, next: 'DISCONNECTED', tell: ['DISCONNECTED'] },
      vanished:     { do: CLOSE, next: 'ABSENT', tell: ['CLOSED'] },
      lost:         { do: ['closeChannel'], next: 'HELD' },
    },
    DISCONNECTED: {
      attach:       stay('DISCONNECTED'),
      change:       { do: ['change'], next: 'DISCONNECTED' },
      destroy:      { do: ['destroy'], next: 'ABSENT', tell: ['CLOSED'] },
      UP:           confirm('DISCONNECTED'),
      DOWN:         stay('DISCONNECTED'),
      CONNECT:      { do: ['keepFrames', 'openChannel', 'connect'], next: 'CONNECTED', tell: ['CONNECTED'] },
      DISCONNECT:   confirm('DISCONNECTED'),
      frontendGone: { do: ['destroy'], next: 'ABSENT' },
      backendUp:    stay('DISCONNECTED'),
      backendDown:  stay('DOWN'),
      refused:      { do: CLOSE, next: 'DISCONNECTED', tell: ['DISCONNECTED'] },
      vanished:     { do: CLOSE, next: 'ABSENT', tell: ['CLOSED'] },
      lost:         { do: ['closeChannel'], next: 'HELD' },
    },
    CONNECTED: {
      attach:       stay('CONNECTED'),
      change:       { do: ['change'], next: 'CONNECTED', tell: ['CHANGED'] },
      destroy:      { do: ['disconnect', ...CLOSE, 'destroy'], next: 'ABSENT', tell: ['CLOSED'] },
      // The frontend asks for those that are active itself (the header; PROTOCOL.md 5.2 D16).
      UP:           stay('CONNECTED'),
      DOWN:         { do: RESET, next: 'DISCONNECTED' },
      CONNECT:      { do: [...RESET, 'keepFrames', 'openChannel', 'connect'], next: 'CONNECTED', tell: ['CONNECTED'] },
      DISCONNECT:   { do: RESET, next: 'DISCONNECTED', tell: ['DISCONNECTED'] },
      frontendGone: { do: ['disconnect', ...CLOSE, 'destroy'], next: 'ABSENT' },
      backendUp:    stay('CONNECTED'),
      backendDown:  { do: CLOSE, next: 'DOWN', tell: ['DISCONNECTED'] },
      refused:      { do: CLOSE, next: 'DISCONNECTED', tell: ['DISCONNECTED'] },
      vanished:     { do: CLOSE, next: 'ABSENT', tell: ['CLOSED'] },
      lost:         { do: CLOSE, next: 'DOWN', tell: ['DISCONNECTED'] },
    },
  },
};
