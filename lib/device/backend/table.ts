/** The rows that the backend tables of all classes share (PROTOCOL.md 2.3, 2.6, 2.9, 2.16). */
import { type Cell, STAY } from '../table.ts';
import type { BackendStatus } from '../wire.ts';

/** The state of one interface at its backend. DISCONNECTING: a DISCONNECT waits until the last user of the pages is done. */
export type BackendState = 'ABSENT' | 'DISCONNECTED' | 'CONNECTED' | 'DISCONNECTING';

/**
 * The events of every backend table. In capitals the controller's messages; `released`: the last user of the pages is done; `stop`: the
 * driver goes DOWN.
 */
export const BACKEND_EVENTS = ['CREATE', 'DESTROY', 'CONNECT', 'DISCONNECT', 'released', 'stop'] as const;
export type BackendEvent = (typeof BACKEND_EVENTS)[number];

/** The actions, each with the statuses that it may refuse with. A refused request changes nothing. */
export const BACKEND_REFUSALS = {
  /** Room for one more interface. */
  allocate: ['OUT_OF_MEMORY'],
  /** The backend's `onCreate`. */
  insert: ['OUT_OF_MEMORY'],
  /** Maps the frames of the message. */
  map: ['OUT_OF_MEMORY', 'MAPPING_ERROR', 'ERROR'],
  /** Maps and unmaps the frames: most classes check the frames of a CONNECT before its state. */
  tryMap: ['OUT_OF_MEMORY', 'MAPPING_ERROR', 'ERROR'],
  /** Binds the port and calls the backend's `onConnect`. Unmaps the frames when either fails. */
  attach: ['ERROR'],
  /** Keeps the request, to answer it later. */
  defer: [],
  /** The backend's `onDisconnect`. After it the connection itself no longer uses the pages. */
  release: [],
  /** Closes the port and unmaps the frames. */
  detach: [],
  /** The backend's `onDestroy`. */
  remove: [],
} as const satisfies Record<string, readonly BackendStatus[]>;

export type BackendAction = keyof typeof BACKEND_REFUSALS;

/** A status answers the request of the event. `kept requests` answers OKAY to all requests that were kept. */
export type BackendNotice = BackendStatus | 'kept requests';

export type BackendCell<Action extends string = BackendAction> = Cell<BackendState, Action, BackendNotice>;
type Rows = { readonly [S in BackendState]: { readonly [E in BackendEvent]: BackendCell } };

/** The common rows of every backend table. They have no default, so a class that adds an event defines its cell in each state. */
// biome-ignore format: a table, one cell a line
export const BACKEND_ROWS: Rows = {
  ABSENT: {
    CREATE:     { do: ['allocate', 'insert'], next: 'DISCONNECTED', emit: ['OKAY'] },
    DESTROY:    { emit: ['INTERFACE_NOT_FOUND'] },
    CONNECT:    { emit: ['INTERFACE_NOT_FOUND'] },
    DISCONNECT: { emit: ['INTERFACE_NOT_FOUND'] },
    released:   STAY,
    stop:       STAY,
  },
  DISCONNECTED: {
    CREATE:     { do: ['allocate'], emit: ['INTERFACE_EXISTS'] },
    DESTROY:    { do: ['remove'], next: 'ABSENT', emit: ['OKAY'] },
    CONNECT:    { do: ['map', 'attach'], next: 'CONNECTED', emit: ['OKAY'] },
    DISCONNECT: { emit: ['OKAY'] },
    released:   STAY,
    stop:       { do: ['remove'], next: 'ABSENT' },
  },
  CONNECTED: {
    CREATE:     { do: ['allocate'], emit: ['INTERFACE_EXISTS'] },
    DESTROY:    { emit: ['INTERFACE_CONNECTED'] },
    CONNECT:    { do: ['tryMap'], emit: ['INTERFACE_CONNECTED'] },
    DISCONNECT: { do: ['defer', 'release'], next: 'DISCONNECTING' },
    released:   STAY,
    stop:       { do: ['release'], next: 'DISCONNECTING' },
  },
  DISCONNECTING: {
    CREATE:     { do: ['allocate'], emit: ['INTERFACE_EXISTS'] },
    DESTROY:    { emit: ['INTERFACE_CONNECTED'] },
    CONNECT:    { do: ['tryMap'], emit: ['INTERFACE_CONNECTED'] },
    // The original answered OKAY at once, with the old connection still alive (PROTOCOL.md 5.2 D9).
    DISCONNECT: { do: ['defer'] },
    released:   { do: ['detach'], next: 'DISCONNECTED', emit: ['kept requests'] },
    stop:       STAY,
  },
};
