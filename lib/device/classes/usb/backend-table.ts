import type { BackendNotice, BackendState } from '../../backend/table.ts';
import {
  BACKEND_EVENTS,
  BACKEND_ROWS,
  type BackendAction,
  type BackendCell,
  type BackendEvent,
} from '../../backend/table.ts';
import type { Table } from '../../table.ts';
import type { BackendStatus } from '../../wire.ts';

const EVENTS = ['CLAIM_PORT'] as const;
export type UsbBackendEvent = (typeof EVENTS)[number];

/** The actions of ports, with their statuses as in {@link BACKEND_REFUSALS}. */
export const USB_REFUSALS = {
  /** No port has this path, and no port of the interface has this number. */
  findUnclaimed: ['ERROR'],
  /** There is room for one more port. */
  allocatePort: ['OUT_OF_MEMORY'],
  /** Fires CLAIM at the port of this path. */
  claim: [],
} as const satisfies Record<string, readonly BackendStatus[]>;

export type UsbBackendAction = keyof typeof USB_REFUSALS;
type Cell = BackendCell<BackendAction | UsbBackendAction>;

// The original recorded a port even for an absent interface, and never set the status (PROTOCOL.md 2.9, 5.2 D8).
const CLAIM: Cell = { do: ['findUnclaimed', 'allocatePort', 'claim'], emit: ['OKAY'] };

/** One interface of a USB backend. RELEASE_PORT names no interface, so it is an event of {@link USB_PORT} (PROTOCOL.md 2.9, 2.16). */
// biome-ignore format: a table, one cell a line
export const USB_BACKEND: Table<
  BackendState, BackendEvent | UsbBackendEvent, BackendAction | UsbBackendAction, BackendNotice
> = {
  name: 'usb backend',
  initial: 'ABSENT',
  events: [...BACKEND_EVENTS, ...EVENTS],
  cells: {
    ABSENT: {
      ...BACKEND_ROWS.ABSENT,
      CLAIM_PORT: { emit: ['INTERFACE_NOT_FOUND'] },
    },
    DISCONNECTED: {
      ...BACKEND_ROWS.DISCONNECTED,
      CLAIM_PORT: CLAIM,
    },
    CONNECTED: {
      ...BACKEND_ROWS.CONNECTED,
      CLAIM_PORT: CLAIM,
    },
    DISCONNECTING: {
      ...BACKEND_ROWS.DISCONNECTING,
      CLAIM_PORT: CLAIM,
    },
  },
};
