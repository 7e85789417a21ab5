import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { DriverBackends } from './driver-backends.ts';
import type { GuestFrontends } from './guest-frontends.ts';
import type { ShellCommand } from './guest-shell.ts';

export interface CommandedGuest {
  readonly frontends: GuestFrontends;
  /** Of a driver domain. */
  readonly backends: DriverBackends | undefined;
  exit(): void;
}

const CLASSES = DEVICE_CLASSES.map(({ name }) => name);

/** What the shell of the guest that comes with ctrl-if understands. */
export function guestCommands({ frontends, backends, exit }: CommandedGuest): Readonly<Record<string, ShellCommand>> {
  const drivers = backends ?? frontends;
  const ends = backends ? 'backends' : 'frontends';
  return {
    uptime: { does: 'seconds since this domain began', run: () => [`${process.uptime().toFixed(1)} s`] },
    devices: {
      does: 'what its devices are',
      run: () => {
        const all = [...frontends.describe(), ...(backends?.describe() ?? [])];
        return all.length > 0 ? all : ['none'];
      },
    },
    disconnect: {
      takes: 'CLASS [HANDLE]',
      does: `a device lets go of its pages; CLASS is one of ${CLASSES.join(', ')}`,
      run: async (name, handle) => [await frontends.disconnect(classOf(name), handleOf(handle))],
    },
    connect: {
      takes: 'CLASS [HANDLE]',
      does: 'and offers others',
      run: async (name, handle) => [await frontends.connect(classOf(name), handleOf(handle))],
    },
    down: {
      takes: '[CLASS]',
      does: `its ${ends} say that their drivers are DOWN`,
      run: (name) => drivers.stop(name === undefined ? undefined : classOf(name)),
    },
    up: {
      takes: '[CLASS]',
      does: 'and that they are UP again',
      run: (name) => drivers.start(name === undefined ? undefined : classOf(name)),
    },
    exit: {
      does: 'power off',
      run: () => {
        // Not before that is said.
        setImmediate(exit);
        return ['powering off'];
      },
    },
  };
}

function classOf(word: string | undefined): string {
  const found = CLASSES.find((name) => name === word);
  if (found) return found;
  throw new RangeError(`${word ?? 'nothing'} is no class of devices; the classes are ${CLASSES.join(', ')}`);
}

function handleOf(word = '0'): number {
  if (/^\d{1,10}$/.test(word)) return Number(word);
  throw new RangeError(`${word} is no handle; devices has those that there are`);
}
