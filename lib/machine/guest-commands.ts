import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { DriverBackends } from './driver-backends.ts';
import type { GuestFrontends } from './guest-frontends.ts';
import type { ShellCommand } from './guest-shell.ts';

export interface CommandedGuest {
  readonly frontends: GuestFrontends;
  /** Undefined unless it is a driver domain. */
  readonly backends: DriverBackends | undefined;
  exit(): void;
}

const CLASSES = DEVICE_CLASSES.map(({ name }) => name);

/** The commands in the shell of ctrl-if's guest. */
export function guestCommands({ frontends, backends, exit }: CommandedGuest): Readonly<Record<string, ShellCommand>> {
  const drivers = backends ?? frontends;
  const ends = backends ? 'backends' : 'frontends';
  return {
    uptime: { does: 'seconds since this domain started', run: () => [`${process.uptime().toFixed(1)} s`] },
    devices: {
      does: 'list its devices',
      run: () => {
        const all = [...frontends.describe(), ...(backends?.describe() ?? [])];
        return all.length > 0 ? all : ['none'];
      },
    },
    disconnect: {
      takes: 'CLASS [HANDLE]',
      does: `disconnect a device and free its frames; CLASS is one of ${CLASSES.join(', ')}`,
      run: async (name, handle) => [await frontends.disconnect(classOf(name), handleOf(handle))],
    },
    connect: {
      takes: 'CLASS [HANDLE]',
      does: 'connect it again, with new frames',
      run: async (name, handle) => [await frontends.connect(classOf(name), handleOf(handle))],
    },
    down: {
      takes: '[CLASS]',
      does: `take the drivers of its ${ends} DOWN`,
      run: (name) => drivers.stop(name === undefined ? undefined : classOf(name)),
    },
    up: {
      takes: '[CLASS]',
      does: 'take them UP again',
      run: (name) => drivers.start(name === undefined ? undefined : classOf(name)),
    },
    exit: {
      does: 'power off',
      run: () => {
        // After the answer is written.
        setImmediate(exit);
        return ['powering off'];
      },
    },
  };
}

function classOf(word: string | undefined): string {
  const found = CLASSES.find((name) => name === word);
  if (found) return found;
  throw new RangeError(`${word ?? 'nothing'} is not a device class; give one of ${CLASSES.join(', ')}`);
}

function handleOf(word = '0'): number {
  if (/^\d{1,10}$/.test(word)) return Number(word);
  throw new RangeError(`${word} is not a handle; type devices to list them`);
}
