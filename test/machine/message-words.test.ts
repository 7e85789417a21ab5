import { expect, it } from 'vitest';
import { messageWords } from '../../lib/machine/message-words.ts';
import { seedCodec } from '../../lib/wire/index.ts';

const definition = (name: string) => seedCodec.definitions.find((candidate) => candidate.name === name)!;

it.each<[name: string, flow: 'request' | 'response', message: Record<string, unknown>, words: string]>([
  [
    'BLKIF_FE_INTERFACE_STATUS',
    'request',
    { handle: 1, status: 2, evtchn: 3, domid: 4 },
    'CONNECTED handle 1 evtchn 3 domid 4',
  ],
  [
    'USBIF_FE_INTERFACE_STATUS_CHANGED',
    'request',
    { status: 0, evtchn: 0, domid: 4, bandwidth: 5, numPorts: 6 },
    'DESTROYED evtchn 0 domid 4 bandwidth 5 numPorts 6',
  ],
  ['NETIF_FE_INTERFACE_QUERY', 'request', { handle: 7 }, 'handle 7'],
  [
    'NETIF_FE_INTERFACE_QUERY',
    'response',
    { handle: 7, status: 0, evtchn: 0, mac: '00:16:3e:00:00:01', domid: 0 },
    'CLOSED evtchn 0 mac 00:16:3e:00:00:01 domid 0',
  ],
  ['USBIF_BE_DRIVER_STATUS_CHANGED', 'request', { status: 0 }, 'DOWN'],
  ['BLKIF_FE_DRIVER_STATUS', 'request', { status: 1 }, 'UP'],
  ['BLKIF_FE_DRIVER_STATUS', 'response', { status: 1, maxHandle: 3 }, 'maxHandle 3'],
  ['BLKIF_FE_INTERFACE_CONNECT', 'request', { handle: 0, shmemFrame: 9n }, 'handle 0 shmemFrame 9'],
  // The result is shown apart from the words.
  ['BLKIF_BE_CREATE', 'response', { domid: 2, blkifHandle: 0, status: 2 }, ''],
  ['CONSOLE_DATA', 'request', { data: Buffer.from('ls\r') }, 'data "ls\\r"'],
  ['SHUTDOWN_POWEROFF', 'request', {}, ''],
  // A guest may send a status that does not exist.
  [
    'BLKIF_FE_INTERFACE_STATUS',
    'request',
    { handle: 0, status: 99, evtchn: 0, domid: 1 },
    'handle 0 status 99 evtchn 0 domid 1',
  ],
])('%s as a %s', (name, flow, message, words) => {
  expect(messageWords(definition(name), flow, message)).toBe(words);
});
