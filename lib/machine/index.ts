/** `ctrl-if/machine`: a controller whose domains are its child processes, with memory, devices and consoles. */
export { toDomainConfig } from './config.ts';
export { Machine, type MachineOptions } from './machine.ts';
export type * from './operations.ts';
export { readSource } from './read-source.ts';
export { located, type Source } from './source.ts';
export type { ControlSwitch, Match } from './switch.ts';
export type { SwitchClient, SwitchedRequest } from './switch-client.ts';
