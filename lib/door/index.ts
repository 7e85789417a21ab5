/** `ctrl-if/door`: a machine's operations over HTTP on a Unix-domain socket, and a client of them. */
export { DoorClient } from './client.ts';
export { type Door, openDoor } from './door.ts';
export { doorPath } from './path.ts';
export type { SwitchMessage } from './switch-lines.ts';
export type { DoorRequest, DoorSwitch } from './switch-socket.ts';
