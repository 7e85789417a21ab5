import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { claimSocket } from '../domain/claim-socket.ts';
import { createApp } from './app.ts';
import { Closing } from './closing.ts';
import { consoleUpgrade } from './console-upgrade.ts';
import type { ApiServer, ApiServerOptions, SwitchedMachine } from './serve.ts';
import { switchUpgrade } from './switch-upgrade.ts';
import { upgrade } from './upgrade.ts';

/** Milliseconds that clients have to read their last answers when the API closes. */
const LAST_ANSWERS = 500;

/** As {@link serveApi}. */
export async function startServer(machine: SwitchedMachine, { path }: ApiServerOptions): Promise<ApiServer> {
  const closing = new Closing();
  const upgrades = [consoleUpgrade(machine), switchUpgrade(machine.switch)];
  const app = createApp(machine, closing, version());
  const server = createServer(
    // A request over this socket names no host. A library must not replace the globals of the program.
    getRequestListener(app.fetch, { hostname: 'localhost', overrideGlobalObjects: false }),
  );
  // Node answers pipelined requests all at once, and would keep the answers for a client that never reads them. So a connection
  // carries one request, and Node refuses any further one.
  server.maxRequestsPerSocket = 1;
  server.on('upgrade', (request, socket, head) => {
    void upgrade(upgrades, closing, request, socket, head);
  });
  const release = await claimSocket(server, path, basename(path, extname(path)));
  chmodSync(path, 0o600);

  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= new Promise<void>((resolve) => {
      release();
      const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS);
      server.close(() => {
        clearTimeout(late);
        resolve();
      });
      closing.close();
      server.closeIdleConnections();
    });
    return closed;
  };
  return { path, close, [Symbol.asyncDispose]: close };
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
