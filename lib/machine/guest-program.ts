/** The guest and the driver domain of ctrl-if. A machine runs this program for domains that name no command. */

import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { Peer } from '../device/context.ts';
import { type ShutdownRequest, ShutdownResponder } from '../device/shutdown.ts';
import { VcpuResponder } from '../device/vcpu.ts';
import { type DomainEnvironment, REBOOT_EXIT_CODE, readDomainEnvironment } from '../domain/domain-environment.ts';
import { Guest } from '../domain/guest.ts';
import type { CtrlIfError } from '../errors.ts';
import { DriverBackends } from './driver-backends.ts';
import { guestCommands } from './guest-commands.ts';
import { GuestFrontends } from './guest-frontends.ts';
import { GuestShell } from './guest-shell.ts';

const CRASH_EXIT_CODE = 1;

/** The defaults if no machine has started this program: 8 MiB, one VCPU, no backends. */
const ALONE: DomainEnvironment = { name: 'guest', frames: 2048, maximumFrames: 2048, vcpus: 1, driver: false };

const { name, frames, maximumFrames, vcpus, driver } = readDomainEnvironment() ?? ALONE;
const guest = await Guest.connect({ memory: { frames, maximum: maximumFrames } }).catch((error: CtrlIfError) => {
  // The machine reports this to the caller that created the domain.
  process.stderr.write(`${error.message} (${error.code})\n`);
  process.exit(CRASH_EXIT_CODE);
});
const say = (line: string) => shell.say(line);
const frontends = new GuestFrontends(guest, DEVICE_CLASSES, say);
const backends = driver ? new DriverBackends(guest, DEVICE_CLASSES, say) : undefined;
const shell = new GuestShell(guest.console, guestCommands({ frontends, backends, exit: () => void end(0) }));
let isEnding = false;

// A client that sends its input from a pipe waits until all of it is answered.
guest.controlSocket.answer('console-answered', async () => {
  await shell.atRest();
  await guest.console.delivered();
});
guest.on('error', ({ message }) => say(message));
// The machine has ended, or has destroyed this domain.
guest.on('close', (error) => process.exit(error ? CRASH_EXIT_CODE : 0));
answerMachine();
say(`${name}, domain ${guest.domid}`);
try {
  await backends?.start();
  await frontends.start();
} catch (error) {
  // The start also fails when the domain was asked to end meanwhile.
  if (!isEnding) throw error;
}

function answerMachine(): void {
  const peer: Peer = guest;
  new ShutdownResponder(peer, { shutdown, sysrq }).on('error', (error) => say((error as Error).message));
  const isOn = new Array(vcpus).fill(true);
  new VcpuResponder(peer, {
    set: (vcpu, on) => {
      // VCPU 0 runs the orders, also the order to turn a VCPU on again.
      if (vcpu >= vcpus || (vcpu === 0 && !on))
        throw new RangeError(`VCPU ${vcpu} cannot be turned ${on ? 'on' : 'off'}`);
      isOn[vcpu] = on;
    },
  });
}

async function shutdown(request: ShutdownRequest): Promise<void> {
  if (request === 'SUSPEND') await suspend();
  else await end(request === 'REBOOT' ? REBOOT_EXIT_CODE : 0);
}

/** Disconnects every device, reports the suspend, and connects the devices again after the resume. */
async function suspend(): Promise<void> {
  await frontends.stop();
  await backends?.stop();
  await guest.suspended();
  await backends?.start();
  await frontends.start();
  say('resumed');
}

function sysrq(key: string): void {
  if (key === 'b') process.exit(REBOOT_EXIT_CODE);
  if (key === 'o') process.exit(0);
  if (key === 'c') process.exit(CRASH_EXIT_CODE);
  say(`SysRq ${key} is unknown; b reboots, c crashes and o powers off at once`);
}

async function end(exitCode: number): Promise<void> {
  isEnding = true;
  guest.removeAllListeners('close');
  // The console's output must reach its reader.
  await new Promise((resolve) => guest.console.end(resolve));
  await guest.close();
  process.exit(exitCode);
}
