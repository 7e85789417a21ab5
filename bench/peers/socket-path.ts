import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For a socket of this process: its directory goes when the harness ends. */
export const socketPath = (): string => join(process.env.CTRL_IF_RUNTIME_DIR ?? tmpdir(), `bench-${process.pid}.sock`);
