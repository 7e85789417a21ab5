import type { MachineOperations } from '../machine/operations.ts';
import type { ControlSwitch } from '../machine/switch.ts';

/** Options of {@link serveApi}. */
export interface ApiServerOptions {
  /** The path of the Unix-domain socket, as `apiPath` gives it. */
  path: string;
}

/** The API of a machine, from {@link serveApi} until it is closed. */
export interface ApiServer {
  /** The path of the Unix-domain socket. */
  readonly path: string;
  /** Answers the requests under way with `ERR_CTRL_IF_CLOSED`, and removes the socket. Idempotent. The machine stays open. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A `Machine`. Without `switch`, the API refuses clients of the switch. */
export type SwitchedMachine = MachineOperations & { readonly switch?: ControlSwitch };

/**
 * Serves the operations of `machine` over HTTP with JSON on a Unix-domain socket of mode 0600.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_NAME_IN_USE` if a running machine has its API at that path
 */
export async function serveApi(machine: SwitchedMachine, options: ApiServerOptions): Promise<ApiServer> {
  // Loaded here, because clients of the API need no HTTP server.
  const { startServer } = await import('./server.ts');
  return startServer(machine, options);
}
