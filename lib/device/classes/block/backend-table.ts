import type { BackendNotice, BackendState } from '../../backend/table.ts';
import {
  BACKEND_EVENTS,
  BACKEND_REFUSALS,
  BACKEND_ROWS,
  type BackendAction,
  type BackendCell,
  type BackendEvent,
} from '../../backend/table.ts';
import type { Table } from '../../table.ts';
import type { BackendStatus } from '../../wire.ts';

const EVENTS = ['VBD_CREATE', 'VBD_DESTROY'] as const;
export type BlockBackendEvent = (typeof EVENTS)[number];

/** The actions of VBDs, with their statuses as in {@link BACKEND_REFUSALS}. */
export const BLOCK_REFUSALS = {
  /** No VBD has this vdevice yet. */
  findNoVbd: ['VBD_EXISTS'],
  /** There is room for one more VBD. */
  allocateVbd: ['OUT_OF_MEMORY'],
  /** The backend's `onVbdCreate`. */
  openVbd: ['PHYSDEV_NOT_FOUND'],
  /** A VBD has this vdevice. */
  findVbd: ['VBD_NOT_FOUND'],
  /** The backend's `onVbdDestroy`. */
  closeVbd: [],
} as const satisfies Record<string, readonly BackendStatus[]>;

export type BlockBackendAction = keyof typeof BLOCK_REFUSALS;
type Cell = BackendCell<BackendAction | BlockBackendAction>;

// VBDs come and go in any state of their interface (PROTOCOL.md 2.3).
const CREATE: Cell = { do: ['findNoVbd', 'allocateVbd', 'openVbd'], emit: ['OKAY'] };
const DESTROY: Cell = { do: ['findVbd', 'closeVbd'], emit: ['OKAY'] };

/** One interface of a block backend (PROTOCOL.md 2.3, 2.16). */
// biome-ignore format: a table, one cell a line
export const BLOCK_BACKEND: Table<
  BackendState, BackendEvent | BlockBackendEvent, BackendAction | BlockBackendAction, BackendNotice
> = {
  name: 'block backend',
  initial: 'ABSENT',
  events: [...BACKEND_EVENTS, ...EVENTS],
  cells: {
    ABSENT: {
      ...BACKEND_ROWS.ABSENT,
      VBD_CREATE:  { emit: ['INTERFACE_NOT_FOUND'] },
      VBD_DESTROY: { emit: ['INTERFACE_NOT_FOUND'] },
    },
    DISCONNECTED: {
      ...BACKEND_ROWS.DISCONNECTED,
      VBD_CREATE:  CREATE,
      VBD_DESTROY: DESTROY,
    },
    CONNECTED: {
      ...BACKEND_ROWS.CONNECTED,
      VBD_CREATE:  CREATE,
      VBD_DESTROY: DESTROY,
    },
    DISCONNECTING: {
      ...BACKEND_ROWS.DISCONNECTING,
      VBD_CREATE:  CREATE,
      VBD_DESTROY: DESTROY,
    },
  },
};
