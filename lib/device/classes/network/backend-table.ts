import type { BackendNotice, BackendState } from '../../backend/table.ts';
import {
  BACKEND_EVENTS,
  BACKEND_ROWS,
  type BackendAction,
  type BackendCell,
  type BackendEvent,
} from '../../backend/table.ts';
import type { Table } from '../../table.ts';

const EVENTS = ['CREDITLIMIT'] as const;
export type NetworkBackendEvent = (typeof EVENTS)[number];
/** Sets the limit and fills the bucket. */
export type NetworkBackendAction = 'limit';
type Cell = BackendCell<BackendAction | NetworkBackendAction>;

const LIMIT: Cell = { do: ['limit'], emit: ['OKAY'] };

/** One interface of a network backend. Its CONNECT checks the state before the frames (PROTOCOL.md 2.6). */
// biome-ignore format: a table, one cell a line
export const NETWORK_BACKEND: Table<
  BackendState, BackendEvent | NetworkBackendEvent, BackendAction | NetworkBackendAction, BackendNotice
> = {
  name: 'network backend',
  initial: 'ABSENT',
  events: [...BACKEND_EVENTS, ...EVENTS],
  cells: {
    ABSENT: {
      ...BACKEND_ROWS.ABSENT,
      CREDITLIMIT: { emit: ['INTERFACE_NOT_FOUND'] },
    },
    DISCONNECTED: {
      ...BACKEND_ROWS.DISCONNECTED,
      CREDITLIMIT: LIMIT,
    },
    CONNECTED: {
      ...BACKEND_ROWS.CONNECTED,
      CONNECT:     { emit: ['INTERFACE_CONNECTED'] },
      CREDITLIMIT: LIMIT,
    },
    DISCONNECTING: {
      ...BACKEND_ROWS.DISCONNECTING,
      CONNECT:     { emit: ['INTERFACE_CONNECTED'] },
      CREDITLIMIT: LIMIT,
    },
  },
};
