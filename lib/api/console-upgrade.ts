import type { Duplex } from 'node:stream';
import type { MachineOperations } from '../machine/operations.ts';
import type { Closing } from './closing.ts';
import { readQuery, toReference } from './read-request.ts';
import { CONSOLE_PATH, CONSOLE_PROTOCOL, CONSOLE_QUERY } from './routes.ts';
import type { Upgrade } from './upgrade.ts';

/** The socket becomes a domain's console, with the back-pressure of both. */
export function consoleUpgrade(machine: MachineOperations): Upgrade {
  return {
    path: CONSOLE_PATH,
    protocol: CONSOLE_PROTOCOL,
    async open(domain, query) {
      const { linger } = readQuery({ path: CONSOLE_PATH, query: CONSOLE_QUERY }, query);
      const options = linger === undefined ? undefined : { linger: linger as number };
      const console = await (options
        ? machine.console(toReference(domain), options)
        : machine.console(toReference(domain)));
      const join = (socket: Duplex, closing: Closing) => joinConsole(socket, console, closing, options !== undefined);
      return { join, giveBack: () => console.destroy() };
    },
  };
}

/** `lingers`: the end of the client's side is the end of what it types, and the machine ends the console. */
function joinConsole(socket: Duplex, console: Duplex, closing: Closing, lingers: boolean): void {
  const forget = closing.onClose(() => socket.destroy());
  socket.pipe(console);
  console.pipe(socket);
  console.on('error', () => socket.destroy());
  // The client has ended its side or has gone, which look the same. What it typed has been taken.
  if (!lingers) console.on('finish', () => socket.destroy());
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
