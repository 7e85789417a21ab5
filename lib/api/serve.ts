import type { MachineOperations } from '../machine/operations.ts';
import type { ControlSwitch } from '../machine/switch.ts';

export interface ApiServerOptions {
  /** The Unix-domain socket, see `apiPath`. */
  path: string;
}

export interface ApiServer {
  readonly path: string;
  /** Answers what is under way with `ERR_CTRL_IF_CLOSED`, and takes the socket away. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A `Machine`; what has no switch has no clients of it elsewhere. */
export type SwitchedMachine = MachineOperations & { readonly switch?: ControlSwitch };

/**
 * Serves the operations of `machine` over HTTP with JSON on a Unix-domain socket of mode 0600.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_NAME_IN_USE`: a living machine has its API there
 */
export async function serveApi(machine: SwitchedMachine, options: ApiServerOptions): Promise<ApiServer> {
  // Clients need no HTTP server, and would wait for it to be loaded.
  const { startServer } = await import('./server.ts');
  return startServer(machine, options);
}
