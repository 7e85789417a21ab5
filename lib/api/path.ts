import { ensureRuntimeDirectory, socketPath } from '../domain/runtime-directory.ts';

/**
 * The path of the API of machine `name`: `NAME.api` beside the controller's socket. Creates the runtime directory if it is missing.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_NAME` if `name` is not a controller's name or makes the path too long,
 *   `ERR_CTRL_IF_RUNTIME_DIRECTORY` if the directory cannot be created, belongs to another user or is open to other users
 */
export function apiPath(name: string): string {
  return socketPath(ensureRuntimeDirectory(), name, 'api');
}
