import { FRONTEND_ROWS, type FrontendTable } from '../../frontend/table.ts';

/** CHANGED means nothing to a network interface. */
export const NETWORK_FRONTEND: FrontendTable = {
  name: 'network frontend',
  initial: 'CLOSED',
  cells: { ...FRONTEND_ROWS, CONNECTED: { ...FRONTEND_ROWS.CONNECTED, CHANGED: { next: 'CONNECTED' } } },
};
