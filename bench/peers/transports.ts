import type { TransportName } from './job.ts';
import type { Transport } from './transport.ts';

/** Loaded one a process: a rival that is missing fails only its own case. */
const TRANSPORTS: Record<TransportName, () => Promise<Transport>> = {
  ring: () => import('./ring.ts'),
  link: () => import('./link.ts'),
  'unix-socket': () => import('./unix-socket.ts'),
  'process-send': () => import('./process-send.ts'),
  'message-channel': () => import('./message-channel.ts'),
  zeromq: () => import('./zeromq.ts'),
};

export function loadTransport(name: TransportName): Promise<Transport> {
  return TRANSPORTS[name]();
}
