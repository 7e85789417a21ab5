import type { Duplex } from 'node:stream';
import { type ConsoleOptions, type DomainReference, type MachineOperations, streams } from '../machine/operations.ts';
import type { Closing } from './closing.ts';
import { withInput } from './read-request.ts';
import type { Upgrade } from './upgrade.ts';

/** Makes a socket the console of a domain. Back-pressure passes both ways. */
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

/** With `linger`, the client ends its writing side when it has typed all, and the machine ends the console. */
function joinConsole(socket: Duplex, console: Duplex, closing: Closing, { linger }: ConsoleOptions): void {
  const cancel = closing.onClose(() => socket.destroy());
  socket.pipe(console);
  console.pipe(socket);
  console.on('error', () => socket.destroy());
  // The client has ended its writing side or has gone; the socket does not say which. The console has taken what it typed.
  if (linger === undefined) console.on('finish', () => socket.destroy());
  // The domain has ended. The client still receives what is on its way to it; what it types is dropped.
  console.on('close', () => {
    socket.end();
    socket.resume();
  });
  socket.on('close', () => {
    cancel();
    console.destroy();
  });
}
