/** The guest's process of an exchange: does what the controller's process asks, and ends when that has gone. */
import { Socket } from 'node:net';
import { Guest } from '../domain/guest.ts';
import { CtrlIfError } from '../errors.ts';
import { type Arrivals, receiveAll, sendAll } from './crossing.ts';
import type { Command, Reply } from './second-process.ts';
import { ECHO_DESCRIPTOR } from './socket-echo.ts';

const guests: Guest[] = [];
let arrivals: Arrivals = {};

const socket = new Socket({ fd: ECHO_DESCRIPTOR });
socket.on('data', (bytes) => socket.write(bytes));
// It ends with the other process, or with this one.
socket.on('error', () => {});
socket.unref();

// Ctrl-C reaches both processes; the other one ends this one in order.
process.on('SIGINT', () => {});
process.once('disconnect', () => Promise.all(guests.map((guest) => guest.close())));
process.on('message', (command: Command) => {
  obey(command).then(reply, (error: unknown) => {
    if (!(error instanceof CtrlIfError)) throw error;
    reply({ failed: { code: error.code, message: error.message } });
  });
});

async function obey(command: Command): Promise<Reply> {
  switch (command.do) {
    case 'connect': {
      const guest = await Guest.connect({ name: command.name, engine: command.engine });
      const received = receiveAll(guest, 'toGuest');
      if (guests.push(guest) === 1) arrivals = received;
      return {};
    }
    case 'exchange':
      return { crossings: await sendAll(guests[0]!, 'toController'), arrivals };
    case 'echo':
      return { message: command.message };
  }
}

function reply(message: Reply): void {
  if (process.connected) process.send!(message);
}
