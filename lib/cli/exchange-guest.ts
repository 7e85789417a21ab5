/** The guest's process of an exchange: follows the commands of the controller's process, and ends with it. */
import { Socket } from 'node:net';
import { Guest } from '../domain/guest.ts';
import { CtrlIfError } from '../errors.ts';
import { type ReceivedMessages, receiveAll, sendAll } from './round-trip-check.ts';
import type { Command, Reply } from './second-process.ts';
import { ECHO_DESCRIPTOR } from './socket-echo.ts';

const guests: Guest[] = [];
let received: ReceivedMessages = {};

const socket = new Socket({ fd: ECHO_DESCRIPTOR });
socket.on('data', (bytes) => socket.write(bytes));
// The socket ends with either process.
socket.on('error', () => {});
socket.unref();

// Ctrl-C reaches both processes. The controller's process then ends this one in order.
process.on('SIGINT', () => {});
process.once('disconnect', () => Promise.all(guests.map((guest) => guest.close())));
process.on('message', (command: Command) => {
  run(command).then(reply, (error: unknown) => {
    if (!(error instanceof CtrlIfError)) throw error;
    reply({ failed: { code: error.code, message: error.message } });
  });
});

async function run(command: Command): Promise<Reply> {
  switch (command.do) {
    case 'connect': {
      const guest = await Guest.connect({ name: command.name, engine: command.engine });
      const entries = receiveAll(guest, 'toGuest');
      if (guests.push(guest) === 1) received = entries;
      return {};
    }
    case 'exchange':
      return { sent: await sendAll(guests[0]!, 'toController'), received };
    case 'echo':
      return { message: command.message };
  }
}

function reply(message: Reply): void {
  if (process.connected) process.send!(message);
}
