/** One interface of a frontend: the effects of the controller's statuses and of the user's calls (PROTOCOL.md 2.4, 2.7, 2.10). */
import { STAY, type Table } from '../table.ts';

/**
 * - CLOSED: there is no interface, or its CONNECT was refused. No pages.
 * - DISCONNECTED: the pages are granted, INTERFACE_CONNECT is sent and not answered.
 * - DENIED: as DISCONNECTED, and the status DISCONNECTED has come. Either it was sent before CONNECT arrived, or it refuses CONNECT: the
 *   answer decides.
 * - REFUSED: the answer has come too. The controller refused CONNECT or holds it. DISCONNECT is sent, and the backend may use the pages until
 *   the next DISCONNECTED.
 * - HELD: INTERFACE_CONNECT is answered, CONNECTED has not come. The controller waits for the backend.
 * - CONNECTED
 * - DISCONNECTING: the user has disconnected. The backend may still use the pages.
 * - IDLE: the interface exists, and the user has disconnected it. No pages.
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
 * The events of every frontend table. In capitals the controller's statuses; `repeated`: CONNECTED again, on the same channel; `answered`: the
 * response to INTERFACE_CONNECT; `moved`: the same, but a later status named another backend, which the pages are not granted to; `failed`:
 * INTERFACE_CONNECT was not understood, or could not be sent; `connect`, `disconnect`: the user's calls; `stop`: the driver is about to go
 * DOWN; `down`: the controller has answered that.
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
 * port of the status; `release` closes the port and frees the pages; `reject` rejects the user's call.
 */
export type FrontendAction = 'grant' | 'askConnect' | 'askDisconnect' | 'bind' | 'release' | 'reject';

/** The events that a `Frontend` emits. */
export type FrontendNotice = 'connected' | 'disconnected' | 'closed' | 'changed' | 'refused';

/** The table of one class's frontend. */
export type FrontendTable = Table<FrontendState, FrontendEvent, FrontendAction, FrontendNotice>;

/** The rows of every frontend table. A class may replace cells. */
// biome-ignore format: a table, one cell a line
export const FRONTEND_ROWS: FrontendTable['cells'] = {
  CLOSED: {
    DISCONNECTED: { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    // It was connected before this driver started, with other pages.
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
    // The refusal concerns the old backend: a restarted driver domain has another domid.
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
    // The CONNECTED of a held CONNECT was sent before the DISCONNECT arrived.
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
    // The backend starts again, with the same pages.
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
    // A CONNECTED was sent before the DISCONNECT arrived.
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
