import { ensureRuntimeDirectory, socketPath } from '../domain/runtime-directory.ts';

/** Where the door of machine `name` is: `NAME.door` beside the controller's socket. Makes the directory. */
export function doorPath(name: string): string {
  return socketPath(ensureRuntimeDirectory(), name, 'door');
}
