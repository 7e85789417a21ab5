import { FRONTEND_EVENTS, FRONTEND_ROWS, type FrontendTable } from '../../frontend/table.ts';
import { STAY } from '../../table.ts';

/** USB has no CHANGED. CONNECTED comes again, with another number of ports. */
export const USB_FRONTEND: FrontendTable = {
  name: 'usb frontend',
  initial: 'CLOSED',
  events: FRONTEND_EVENTS,
  cells: {
    ...FRONTEND_ROWS,
    CONNECTED: {
      ...FRONTEND_ROWS.CONNECTED,
      repeated: { emit: ['changed'] },
      CHANGED: STAY,
    },
  },
};
