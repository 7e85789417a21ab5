/**
 * Random operations on a machine, three at a time and in any order. Each succeeds or fails with an error of ctrl-if. In the end all
 * domains run, both ends agree on the connected devices, and no frame, port or descriptor is left over.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEVICE_CLASSES } from '../../lib/device/classes/index.ts';
import { CtrlIfError } from '../../lib/errors.ts';
import type { Machine } from '../../lib/machine/machine.ts';
import type { DeviceInfo, DomainConfig, DomainState } from '../../lib/machine/operations.ts';
import { image } from './images.ts';
import { found, type, useMachines } from './machines.ts';

const start = useMachines();

const OPERATIONS = Number(process.env.CTRL_IF_LONG_OPERATIONS ?? 60);
const AT_ONCE = 3;
const GUESTS = ['a', 'b', 'c'];
const DRIVERS = ['driver', 'other'];
const restarting = { restart: 'always', minimumRestartSeconds: 0 } as const;
const guest = (name: string): DomainConfig => ({ name, memory: 4, maxMemory: 8, vcpus: 2, ...restarting });
const driver = (name: string): DomainConfig => ({ name, driver: true, ...restarting });

/** `n`, 0 to 3, chooses one of several things or an amount. */
interface Operation {
  readonly what: string;
  readonly guest: string;
  readonly n: number;
}
type Doing = (machine: Machine, guest: string, n: number) => Promise<unknown>;

/** Types a line and does not wait for the answer. */
async function typeOnly(machine: Machine, domain: string, line: string): Promise<void> {
  const console = await machine.console(domain);
  await new Promise((resolve) => console.write(`${line}\r`, resolve));
  console.destroy();
}

async function signal(machine: Machine, domain: string, name: NodeJS.Signals): Promise<void> {
  const { pid } = await machine.info(domain);
  // A domain that is being started has no process yet.
  if (pid !== undefined) process.kill(pid, name);
}

/** Ends the present life of the domain by `how`. Resolves when it has ended. */
async function ends(machine: Machine, domain: string, how: () => Promise<void>): Promise<void> {
  const { pid } = await machine.info(domain);
  await how();
  await found(machine, async () => {
    const now = (await machine.list()).find(({ name }) => name === domain);
    return now === undefined || now.pid !== pid;
  });
}

const kill = (machine: Machine, domain: string): Promise<void> =>
  ends(machine, domain, () => signal(machine, domain, 'SIGKILL'));

const driverOf = (n: number): string => DRIVERS[n % DRIVERS.length]!;
const classOf = (n: number): string => DEVICE_CLASSES[n % DEVICE_CLASSES.length]!.name;
const end =
  (reason: 'reboot' | 'suspend'): Doing =>
  (machine, domain) =>
    machine.shutdown(domain, { reason, timeout: 10 });
const suspended = async (machine: Machine, domain: string): Promise<void> => {
  await machine.shutdown(domain, { reason: 'suspend', timeout: 10 });
  await machine.resume(domain);
};

const DOINGS: Readonly<Record<string, Doing>> = {
  'attach a disk': (machine, domain, n) =>
    machine.blockAttach(domain, { target: image('any'), vdevice: n, backend: driverOf(n) }),
  'detach a disk': (machine, domain, n) => machine.blockDetach(domain, n),
  'attach a vif': (machine, domain, n) => machine.networkAttach(domain, { backend: driverOf(n) }),
  'attach a vif with a limit': (machine, domain) =>
    machine.networkAttach(domain, { credit: { bytes: 1500, microseconds: 1000 } }),
  'detach a vif': (machine, domain, n) => machine.networkDetach(domain, n),
  'limit a vif': (machine, domain, n) =>
    n > 1 ? machine.networkLimit(domain, 0, { bytes: 9000, microseconds: 1000 }) : machine.networkUnlimit(domain, 0),
  'attach a USB port': (machine, domain, n) => machine.usbAttach(domain, { path: `1-${n}` }),
  'detach a USB port': (machine, domain, n) => machine.usbDetach(domain, `1-${n}`),
  'set memory': (machine, domain, n) => machine.memorySet(domain, 2 * n + 1),
  'set a VCPU': (machine, domain, n) => machine.vcpuSet(domain, 1, n > 1),
  'kill a guest': kill,
  'kill a driver domain': (machine, _, n) => kill(machine, driverOf(n)),
  'stop a domain for a while': async (machine, domain, n) => {
    const name = n > 1 ? domain : driverOf(n);
    const { pid } = await machine.info(name);
    await signal(machine, name, 'SIGSTOP');
    await delay(50);
    if ((await machine.info(name)).pid === pid) await signal(machine, name, 'SIGCONT');
  },
  'reboot a guest': end('reboot'),
  'reboot a driver domain': (machine, _, n) => end('reboot')(machine, driverOf(n), n),
  'suspend and resume a guest': suspended,
  'suspend and resume a driver domain': (machine, _, n) => suspended(machine, driverOf(n)),
  'suspend a guest': end('suspend'),
  'resume a guest': (machine, domain) => machine.resume(domain),
  'press a SysRq key that ends it': (machine, domain, n) =>
    ends(machine, domain, () => machine.sysrq(domain, 'bcob'[n]!)),
  'destroy a guest': (machine, domain) => machine.destroy(domain),
  'a frontend disconnects': (machine, domain, n) => typeOnly(machine, domain, `disconnect ${classOf(n)}`),
  'a frontend connects': (machine, domain, n) => typeOnly(machine, domain, `connect ${classOf(n)}`),
  'frontends go down': (machine, domain) => typeOnly(machine, domain, 'down'),
  'frontends go up': (machine, domain) => typeOnly(machine, domain, 'up'),
  'a backend goes down': (machine, _, n) => typeOnly(machine, driverOf(n), `down ${classOf(n)}`),
  'backends go up': (machine, _, n) => typeOnly(machine, driverOf(n), 'up'),
};

// Attaches are twice as frequent, because a destroyed domain takes its devices with it.
const ATTACHING = Object.keys(DOINGS).filter((what) => what.startsWith('attach'));

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...Object.keys(DOINGS), ...ATTACHING),
    guest: fc.constantFrom(...GUESTS),
    n: fc.nat({ max: 3 }),
  }),
  { minLength: OPERATIONS, maxLength: OPERATIONS, size: 'max' },
);

/** Resolves when the guest exists, and every domain is running or suspended. */
async function atRest(machine: Machine, domain: string): Promise<void> {
  const isThere = (await machine.list()).some(({ name }) => name === domain);
  if (!isThere) await machine.create(guest(domain)).catch(throwUnlessRefused);
  const resting: readonly DomainState[] = ['running', 'suspended'];
  await found(machine, async () => (await machine.list()).every(({ state }) => resting.includes(state)));
}

function throwUnlessRefused(error: unknown): void {
  // A process may end between the check and the signal.
  if (!(error instanceof CtrlIfError) && (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
}

/** Runs the operations one after the other. One that is impossible now must fail with an error of ctrl-if. */
async function doEach(machine: Machine, rest: Iterator<Operation>): Promise<void> {
  for (let next = rest.next(); !next.done; next = rest.next()) {
    const { what, guest: domain, n } = next.value;
    // Three of four operations wait until all domains are at rest.
    if (n > 0) await atRest(machine, domain);
    await DOINGS[what]!(machine, domain, n).catch(throwUnlessRefused);
  }
}

/** Brings all domains to `running`, their drivers UP and all devices to `CONNECTED`. */
async function settle(machine: Machine): Promise<void> {
  const names = (await machine.list()).map(({ name }) => name);
  for (const name of GUESTS) if (!names.includes(name)) await machine.create(guest(name));
  await found(machine, async () => {
    const list = await machine.list();
    for (const { name, state } of list) {
      // The domain may have been killed just now.
      if (state === 'suspended') await machine.resume(name).catch(throwUnlessRefused);
    }
    return list.every(({ state }) => state === 'running');
  });
  for (const { name } of await machine.list()) await type(machine, name, 'up');
  for (const name of GUESTS) {
    const idle = (await type(machine, name, 'devices')).matchAll(/^(\w+ \d+) (?:IDLE|CLOSED)/gm);
    for (const [, device] of idle) await type(machine, name, `connect ${device}`);
  }
  await found(machine, async () => (await machine.list()).every(({ devices }) => devices.every(isWhole)));
}

const isWhole = ({ state, crossed }: DeviceInfo): boolean => state === 'CONNECTED' && crossed === true;

/** The connected devices by the driver domains themselves: `DRIVER CLASS HANDLE DOMID`. */
async function atBackends(machine: Machine): Promise<string[]> {
  const lines: string[] = [];
  for (const name of DRIVERS) {
    const said = (await type(machine, name, 'devices')).matchAll(/^(\w+) (\d+) CONNECTED frontend (\d+)/gm);
    for (const [, className, handle, domid] of said) lines.push(`${name} ${className} ${handle} ${domid}`);
  }
  return lines.sort();
}

/** The connected devices by the machine. Several disks are one interface. */
async function atMachine(machine: Machine): Promise<string[]> {
  const list = await machine.list();
  const nameOf = (domid: number) => list.find((info) => info.domid === domid)?.name;
  const lines = list.flatMap(({ domid, devices }) =>
    devices.map(({ class: className, handle, backend }) => `${nameOf(backend)} ${className} ${handle} ${domid}`),
  );
  return [...new Set(lines)].sort();
}

async function detachAll(machine: Machine): Promise<void> {
  for (const { name, devices } of await machine.list()) {
    for (const { class: className, handle, id } of devices) {
      if (className === 'block') await machine.blockDetach(name, Number(id));
      else if (className === 'network') await machine.networkDetach(name, handle);
      else await machine.usbDetach(name, id);
    }
  }
}

/** The frames and ports of a new device at each guest: the lowest that are free. */
async function firstOf(machine: Machine): Promise<object[]> {
  const got: object[] = [];
  for (const name of GUESTS) {
    const { handle, frames, ports } = await machine.networkAttach(name, {});
    got.push({ handle, frames, ports });
    await machine.networkDetach(name, 0);
  }
  return got;
}

it('operations in any order leave every device connected at both ends and nothing over', {
  timeout: 60_000 + OPERATIONS * 1000,
}, async () => {
  const machine = await start({ driver: driver('driver') });
  await machine.create(driver('other'));
  for (const name of GUESTS) await machine.create(guest(name));
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = { first: await firstOf(machine), descriptors: descriptors() };
  await fc.assert(
    fc.asyncProperty(operations, async (all) => {
      const rest = all.values();
      await Promise.all(Array.from({ length: AT_ONCE }, () => doEach(machine, rest)));
      await settle(machine);
      expect(await atBackends(machine)).toEqual(await atMachine(machine));
      await detachAll(machine);
      expect(await atBackends(machine)).toEqual([]);
      expect({ first: await firstOf(machine), descriptors: descriptors() }).toEqual(before);
    }),
    // A failure reports its seed. A machine with a failure is no base for shrinking.
    { numRuns: 1, endOnFailure: true },
  );
});
