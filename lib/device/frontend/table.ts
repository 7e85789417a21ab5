/** One interface of a frontend: what the controller's statuses and the user's wishes do (PROTOCOL.md 2.4, 2.7, 2.10). */
import type { Table } from '../table.ts';
import type { InterfaceStatus } from '../wire.ts';

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
export type FrontendEvent =
  | InterfaceStatus
  | 'repeated'
  | 'answered'
  | 'moved'
  | 'failed'
  | 'connect'
  | 'disconnect'
  | 'stop'
  | 'down';

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
    CLOSED:       { next: 'CLOSED' },
    DISCONNECTED: { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    // Not with pages of this driver's: it was connected before the driver came.
    CONNECTED:    { do: ['askDisconnect'], next: 'CLOSED' },
    repeated:     { do: ['askDisconnect'], next: 'CLOSED' },
    CHANGED:      { next: 'CLOSED' },
    answered:     { next: 'CLOSED' },
    moved:        { next: 'CLOSED' },
    failed:       { next: 'CLOSED' },
    connect:      { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    disconnect:   { next: 'CLOSED' },
    stop:         { next: 'CLOSED' },
    down:         { next: 'CLOSED' },
  },
  DISCONNECTED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', tell: ['closed'] },
    // The original freed its pages here, while a CONNECT was under way with them (PROTOCOL.md 5.3 H14).
    DISCONNECTED: { next: 'DENIED' },
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', tell: ['connected'] },
    repeated:     { do: ['bind'], next: 'CONNECTED', tell: ['connected'] },
    CHANGED:      { next: 'DISCONNECTED' },
    answered:     { next: 'HELD' },
    moved:        { next: 'HELD' },
    failed:       { do: ['release'], next: 'CLOSED', tell: ['refused'] },
    connect:      { next: 'DISCONNECTED' },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', tell: ['closed'] },
  },
  DENIED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', tell: ['closed'] },
    DISCONNECTED: { next: 'DENIED' },
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', tell: ['connected'] },
    repeated:     { do: ['bind'], next: 'CONNECTED', tell: ['connected'] },
    CHANGED:      { next: 'DENIED' },
    answered:     { do: ['askDisconnect'], next: 'REFUSED' },
    // It was refused for the backend that was: a driver domain that has come again has another domid.
    moved:        { do: ['release', 'grant', 'askConnect'], next: 'DISCONNECTED' },
    failed:       { do: ['release'], next: 'CLOSED', tell: ['refused'] },
    connect:      { next: 'DENIED' },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', tell: ['closed'] },
  },
  REFUSED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', tell: ['closed'] },
    DISCONNECTED: { do: ['release'], next: 'CLOSED', tell: ['refused'] },
    // It was held, and crossed the DISCONNECT on its way.
    CONNECTED:    { next: 'REFUSED' },
    repeated:     { next: 'REFUSED' },
    CHANGED:      { next: 'REFUSED' },
    answered:     { next: 'REFUSED' },
    moved:        { next: 'REFUSED' },
    failed:       { next: 'REFUSED' },
    connect:      { next: 'REFUSED' },
    disconnect:   { next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', tell: ['closed'] },
  },
  HELD: {
    CLOSED:       { do: ['release'], next: 'CLOSED', tell: ['closed'] },
    DISCONNECTED: { do: ['release', 'grant', 'askConnect'], next: 'DISCONNECTED' },
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', tell: ['connected'] },
    repeated:     { do: ['bind'], next: 'CONNECTED', tell: ['connected'] },
    CHANGED:      { next: 'HELD' },
    answered:     { next: 'HELD' },
    moved:        { next: 'HELD' },
    failed:       { next: 'HELD' },
    connect:      { next: 'HELD' },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', tell: ['closed'] },
  },
  CONNECTED: {
    CLOSED:       { do: ['release'], next: 'CLOSED', tell: ['closed'] },
    DISCONNECTED: { do: ['release', 'grant', 'askConnect'], next: 'DISCONNECTED', tell: ['disconnected'] },
    // The backend begins anew, with the pages that were granted last.
    CONNECTED:    { do: ['bind'], next: 'CONNECTED', tell: ['disconnected', 'connected'] },
    repeated:     { next: 'CONNECTED' },
    CHANGED:      { next: 'CONNECTED', tell: ['changed'] },
    answered:     { next: 'CONNECTED' },
    moved:        { next: 'CONNECTED' },
    failed:       { next: 'CONNECTED' },
    connect:      { next: 'CONNECTED' },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', tell: ['closed'] },
  },
  DISCONNECTING: {
    CLOSED:       { do: ['release'], next: 'CLOSED', tell: ['closed'] },
    DISCONNECTED: { do: ['release'], next: 'IDLE', tell: ['disconnected'] },
    // It crossed the DISCONNECT on its way.
    CONNECTED:    { next: 'DISCONNECTING' },
    repeated:     { next: 'DISCONNECTING' },
    CHANGED:      { next: 'DISCONNECTING' },
    answered:     { next: 'DISCONNECTING' },
    moved:        { next: 'DISCONNECTING' },
    failed:       { next: 'DISCONNECTING' },
    connect:      { do: ['reject'], next: 'DISCONNECTING' },
    disconnect:   { do: ['askDisconnect'], next: 'DISCONNECTING' },
    stop:         { next: 'DISCONNECTING' },
    down:         { do: ['release'], next: 'CLOSED', tell: ['closed'] },
  },
  IDLE: {
    CLOSED:       { next: 'CLOSED', tell: ['closed'] },
    DISCONNECTED: { next: 'IDLE' },
    CONNECTED:    { do: ['askDisconnect'], next: 'IDLE' },
    repeated:     { do: ['askDisconnect'], next: 'IDLE' },
    CHANGED:      { next: 'IDLE' },
    answered:     { next: 'IDLE' },
    moved:        { next: 'IDLE' },
    failed:       { next: 'IDLE' },
    connect:      { do: ['grant', 'askConnect'], next: 'DISCONNECTED' },
    disconnect:   { next: 'IDLE' },
    stop:         { next: 'IDLE' },
    down:         { next: 'CLOSED', tell: ['closed'] },
  },
};
