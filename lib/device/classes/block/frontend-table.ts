import { FRONTEND_EVENTS, FRONTEND_ROWS, type FrontendTable } from '../../frontend/table.ts';

/** CHANGED: a VBD was added or removed. */
export const BLOCK_FRONTEND: FrontendTable = {
  name: 'block frontend',
  initial: 'CLOSED',
  events: FRONTEND_EVENTS,
  cells: FRONTEND_ROWS,
};
