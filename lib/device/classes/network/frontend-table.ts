import { FRONTEND_EVENTS, FRONTEND_ROWS, type FrontendTable } from '../../frontend/table.ts';
import { STAY } from '../../table.ts';

/** A network interface ignores CHANGED. */
export const NETWORK_FRONTEND: FrontendTable = {
  name: 'network frontend',
  initial: 'CLOSED',
  events: FRONTEND_EVENTS,
  cells: { ...FRONTEND_ROWS, CONNECTED: { ...FRONTEND_ROWS.CONNECTED, CHANGED: STAY } },
};
