import { ensureRuntimeDirectory, socketPath } from '../domain/runtime-directory.ts';

/** Where the API of machine `name` is: `NAME.api` beside the controller's socket. Makes the directory. */
export function apiPath(name: string): string {
  return socketPath(ensureRuntimeDirectory(), name, 'api');
}
