import type { BackendNotice, BackendState } from '../../backend/table.ts';
import { BACKEND_ROWS, type BackendAction, type BackendCell, type BackendEvent } from '../../backend/table.ts';
import type { Table } from '../../table.ts';

export type NetworkBackendEvent = 'CREDITLIMIT';
/** Sets the limit and fills the bucket. */
export type NetworkBackendAction = 'limit';
type Cell = BackendCell<BackendAction | NetworkBackendAction>;

const creditLimit = (next: BackendState): Cell => ({ do: ['limit'], next, tell: ['OKAY'] });

/** One interface of a network backend: here CONNECT looks at the state before it looks at the frames (PROTOCOL.md 2.6). */
// biome-ignore format: a table, one cell a line
export const NETWORK_BACKEND: Table<
  BackendState, BackendEvent | NetworkBackendEvent, BackendAction | NetworkBackendAction, BackendNotice
> = {
  name: 'network backend',
  initial: 'ABSENT',
  cells: {
    ABSENT: {
      ...BACKEND_ROWS.ABSENT,
      CREDITLIMIT: { next: 'ABSENT', tell: ['INTERFACE_NOT_FOUND'] },
    },
    DISCONNECTED: {
      ...BACKEND_ROWS.DISCONNECTED,
      CREDITLIMIT: creditLimit('DISCONNECTED'),
    },
    CONNECTED: {
      ...BACKEND_ROWS.CONNECTED,
      CONNECT:     { next: 'CONNECTED', tell: ['INTERFACE_CONNECTED'] },
      CREDITLIMIT: creditLimit('CONNECTED'),
    },
    DISCONNECTING: {
      ...BACKEND_ROWS.DISCONNECTING,
      CONNECT:     { next: 'DISCONNECTING', tell: ['INTERFACE_CONNECTED'] },
      CREDITLIMIT: creditLimit('DISCONNECTING'),
    },
  },
};
