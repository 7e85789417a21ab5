import type { Duplex } from 'node:stream';
import type { MachineOperations } from '../machine/operations.ts';
import type { Closing } from './closing.ts';
import { toReference } from './read-request.ts';
import { CONSOLE_PATH, CONSOLE_PROTOCOL } from './routes.ts';
import type { Upgrade } from './upgrade.ts';

/** The socket becomes a domain's console, with the back-pressure of both. */
export function consoleUpgrade(machine: MachineOperations): Upgrade {
  return {
    path: CONSOLE_PATH,
    protocol: CONSOLE_PROTOCOL,
    async open(domain) {
      const console = await machine.console(toReference(domain));
      return { join: (socket, closing) => join(socket, console, closing), giveBack: () => console.destroy() };
    },
  };
}

function join(socket: Duplex, console: Duplex, closing: Closing): void {
  const forget = closing.onClose(() => socket.destroy());
  socket.pipe(console);
  console.pipe(socket);
  console.on('error', () => socket.destroy());
  // The client has ended its side or has gone, which look the same. What it typed has been taken.
  console.on('finish', () => socket.destroy());
  // The domain has ended: the client gets what is on its way to it, and what it still types reaches nobody.
  console.on('close', () => {
    socket.end();
    socket.resume();
  });
  socket.on('close', () => {
    forget();
    console.destroy();
  });
}
