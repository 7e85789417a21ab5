import { FRONTEND_ROWS, type FrontendTable } from '../../frontend/table.ts';

/** USB has no CHANGED: CONNECTED comes again, with another number of ports. */
export const USB_FRONTEND: FrontendTable = {
  name: 'usb frontend',
  initial: 'CLOSED',
  cells: {
    ...FRONTEND_ROWS,
    CONNECTED: {
      ...FRONTEND_ROWS.CONNECTED,
      repeated: { next: 'CONNECTED', tell: ['changed'] },
      CHANGED: { next: 'CONNECTED' },
    },
  },
};
