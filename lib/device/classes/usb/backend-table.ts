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

/** As {@link BACKEND_REFUSALS}, for the actions of ports. */
export const USB_REFUSALS = {
  /** Neither the path nor the interface's port number is taken. */
  findUnclaimed: ['ERROR'],
  /** Room for one more port. */
  allocatePort: ['OUT_OF_MEMORY'],
  /** CLAIM for the port of this path. */
  claim: [],
} as const satisfies Record<string, readonly BackendStatus[]>;

export type UsbBackendAction = keyof typeof USB_REFUSALS;
type Cell = BackendCell<BackendAction | UsbBackendAction>;

// The original recorded a port even for an interface that was not there, and its status was noise (PROTOCOL.md 2.9, 5.2 D8).
const CLAIM: Cell = { do: ['findUnclaimed', 'allocatePort', 'claim'], emit: ['OKAY'] };

/** One interface of a USB backend. RELEASE_PORT names no interface: see the table of its ports (PROTOCOL.md 2.9, 2.16). */
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
