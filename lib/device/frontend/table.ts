/** One interface of a frontend: what the controller's statuses and the user's wishes do (PROTOCOL.md 2.4, 2.7, 2.10). */
import { STAY, type Table } from '../table.ts';

/**
 * - CLOSED: no interface, or one whose CONNECT was refused. No pages.
 * - DISCONNECTED: pages are granted, INTERFACE_CONNECT is sent and not answered.
 * - DENIED: and then DISCONNECTED came. It may have crossed the CONNECT on its way, or mean it: the answer tells.
 * - REFUSED: the answer came as well. It was refused, or is held for a backend: DISCONNECT is sent, and the pages are the backend's until
 *   that is told.
 * - HELD: INTERFACE_CONNECT is answered, but CONNECTED has not come: the controller holds it until the backend is there.
 * - CONNECTED
 * - DISCONNECTING: the user wants no connection any more; the pages are still the backend's.
 * - IDLE: the interface exists, and the user wants no connection. No pages.
 */
export type FrontendState =
  | 'CLOSED'
  | 'DISCONNECTED'
  | 'DENIED'
  | 'REFUSED'
  | 'HELD'
  | 'CONNECTED'
  | 'DISCONNECTING'
  | 'IDLE';

/**
 * The controller's statuses; `repeated`: CONNECTED once more, on the same channel; `answered`: the response to INTERFACE_CONNECT;
 * `moved`: the same, and the pages are not granted to the backend that has been named since; `failed`: INTERFACE_CONNECT was not
 * understood, or could not be sent; `connect` and `disconnect`: the user's wishes; `stop`: the driver is about to go DOWN; `down`: the
 * controller has answered that.
 */
export const FRONTEND_EVENTS = [
  'CLOSED',
  'DISCONNECTED',
  'CONNECTED',
  'repeated',
  'CHANGED',
  'answered',
  'moved',
  'failed',
  'connect',
  'disconnect',
  'stop',
  'down',
] as const;
export type FrontendEvent = (typeof FRONTEND_EVENTS)[number];

/**
 * `grant` allocates pages and grants the backend access to them; `askConnect` and `askDisconnect` send the messages; `bind` binds the
 * port of the status; `release` closes the port and frees the pages; `reject` fails the user's call.
 */
export type FrontendAction = 'grant' | 'askConnect' | 'askDisconnect' | 'bind' | 'release' | 'reject';

/** Events that the user hears. */
export type FrontendNotice = 'connected' | 'disconnected' | 'closed' | 'changed' | 'refused';

export type FrontendTable = Table<FrontendState, FrontendEvent, FrontendAction, FrontendNotice>;

// biome-ignore format: a table, one cell a line
export const FRONTEND_ROWS: FrontendTable['cells'] = {
  CLOSED: {
    DISCONNECTED: { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    // Not with pages of this driver's: it was connected before the driver came.
    CONNECTED:    { do: ['askDisconnect'] },
    repeated:     { do: ['askDisconnect'] },
    connect:      { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    default:      STAY,
  },
  DISCONNECTED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    // The original freed its pages here, while a CONNECT was under way with them (PROTOCOL.md 5.3 H14).
    DISCONNECTED: { next: 'DENIED' },
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', emit: ['connected'] },
    repeated:     { do: ['bind'], next: 'CONNECTED', emit: ['connected'] },
    answered:     { next: 'HELD' },
    moved:        { next: 'HELD' },
    failed:       { do: ['release'], next: 'CLOSED', emit: ['refused'] },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    default:      STAY,
  },
  DENIED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', emit: ['connected'] },
    repeated:     { do: ['bind'], next: 'CONNECTED', emit: ['connected'] },
    answered:     { do: ['askDisconnect'], next: 'REFUSED' },
    // It was refused for the backend that was: a driver domain that has come again has another domid.
    moved:        { do: ['release', 'grant', 'askConnect'], next: 'DISCONNECTED' },
    failed:       { do: ['release'], next: 'CLOSED', emit: ['refused'] },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    default:      STAY,
  },
  REFUSED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    DISCONNECTED: { do: ['release'], next: 'CLOSED', emit: ['refused'] },
    disconnect:   { next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    // A CONNECTED was held, and crossed the DISCONNECT on its way.
    default:      STAY,
  },
  HELD: {
    CLOSED:       { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    DISCONNECTED: { do: ['release', 'grant', 'askConnect'], next: 'DISCONNECTED' },
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', emit: ['connected'] },
    repeated:     { do: ['bind'], next: 'CONNECTED', emit: ['connected'] },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    default:      STAY,
  },
  CONNECTED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    DISCONNECTED: { do: ['release', 'grant', 'askConnect'], next: 'DISCONNECTED', emit: ['disconnected'] },
    // The backend begins anew, with the pages that were granted last.
    CONNECTED:    { do: ['bind'], emit: ['disconnected', 'connected'] },
    CHANGED:      { emit: ['changed'] },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    default:      STAY,
  },
  DISCONNECTING: {
    CLOSED:       { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    DISCONNECTED: { do: ['release'], next: 'IDLE', emit: ['disconnected'] },
    connect:      { do: ['reject'] },
    disconnect:   { do: ['askDisconnect'] },
    down:         { do: ['release'], next: 'CLOSED', emit: ['closed'] },
    // A CONNECTED crossed the DISCONNECT on its way.
    default:      STAY,
  },
  IDLE: {
    CLOSED:       { next: 'CLOSED', emit: ['closed'] },
    CONNECTED:    { do: ['askDisconnect'] },
    repeated:     { do: ['askDisconnect'] },
    connect:      { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    down:         { next: 'CLOSED', emit: ['closed'] },
    default:      STAY,
  },
};
