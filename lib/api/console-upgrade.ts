import type { Duplex } from 'node:stream';
import { type ConsoleOptions, type DomainReference, type MachineOperations, streams } from '../machine/operations.ts';
import type { Closing } from './closing.ts';
import { withInput } from './read-request.ts';
import type { Upgrade } from './upgrade.ts';

/** The socket becomes a domain's console, with the back-pressure of both. */
export function consoleUpgrade(machine: MachineOperations): Upgrade {
  return {
    ...streams.console,
    open(domain, query) {
      return withInput(streams.console, { path: { domain }, query, body: '' }, async (input) => {
        const { domain, ...options } = input;
        const console = await machine.console(domain as DomainReference, options);
        const join = (socket: Duplex, closing: Closing) => joinConsole(socket, console, closing, options);
        return { join, giveBack: () => console.destroy() };
      });
    },
  };
}

/** With `linger`, the end of the client's side is the end of what it types, and the machine ends the console. */
function joinConsole(socket: Duplex, console: Duplex, closing: Closing, { linger }: ConsoleOptions): void {
  const forget = closing.onClose(() => socket.destroy());
  socket.pipe(console);
  console.pipe(socket);
  console.on('error', () => socket.destroy());
  // The client has ended its side or has gone, which look the same. What it typed has been taken.
  if (linger === undefined) console.on('finish', () => socket.destroy());
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
