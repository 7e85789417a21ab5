/** `ctrl-if/api`: a machine's operations over HTTP on a Unix-domain socket, and a client of them. */
export { ApiClient } from './client.ts';
export { apiPath } from './path.ts';
export { type ApiServer, serveApi } from './serve.ts';
export type { SwitchMessage } from './switch-lines.ts';
export type { ApiSwitch, SwitchRequest } from './switch-socket.ts';
