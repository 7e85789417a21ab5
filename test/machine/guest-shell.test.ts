import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Drivers } from '../../lib/machine/drivers.ts';
import { GuestShell } from '../../lib/machine/guest-shell.ts';

/** A shell with one command, `wait`, which ends when the test says so. */
function begin() {
  let said = '';
  let finish = () => {};
  const console = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString('latin1');
      done();
    },
  });
  const wait = {
    does: 'waits',
    run: () => new Promise<string[]>((resolve) => (finish = () => resolve(['it is over']))),
  };
  const shell = new GuestShell(console, { wait });
  return {
    shell,
    finish: () => finish(),
    /** The output that follows the input. */
    async type(text: string): Promise<string> {
      said = '';
      console.push(text);
      await turn();
      await turn();
      return said;
    },
    get said() {
      return said;
    },
  };
}

it('a shell echoes, runs its commands and reports unknown ones', async () => {
  const { type } = begin();
  expect(await type('helq\x7fp\r')).toBe('helq\b \bp\r\nhelp  this\r\nwait  waits\r\n$ ');
  expect(await type('\x7f\bhe\x15lp\x03\x1b\r')).toBe('he\b \b\b \blp^C\r\n$ \r\n$ ');
  expect(await type('toString\r')).toBe('toString\r\ntoString: not understood; try help\r\n$ ');
  expect(await type('\r')).toBe('\r\n$ ');
});

it('a shell shows the unfinished line again below a line of the guest', async () => {
  const world = begin();
  expect(await world.type('wa')).toBe('wa');
  world.shell.say('resumed');
  expect(world.said).toBe('wa\rresumed\r\n$ wa');
  expect(await world.type('it\r')).toBe('it\r\n');
  // No input is read while a command runs.
  world.shell.say('still here');
  expect(world.said).toBe('it\r\n\rstill here\r\n');
  world.finish();
  await turn();
  expect(world.said).toBe('it\r\n\rstill here\r\nit is over\r\n$ ');
});

it('drivers go UP and DOWN in the order of the calls, each once', async () => {
  const log: string[] = [];
  let isBusy = false;
  const act = (what: string) => async () => {
    expect(isBusy).toBe(false);
    isBusy = true;
    await turn();
    isBusy = false;
    log.push(what);
  };
  const driver = (name: string) => ({ start: act(`${name} up`), stop: act(`${name} down`) });
  const drivers = new Drivers(
    new Map([
      ['block', driver('block')],
      ['usb', driver('usb')],
    ]),
  );
  const said = await Promise.all([drivers.start(), drivers.start(), drivers.stop('usb'), drivers.stop()]);
  expect(log).toEqual(['block up', 'usb up', 'usb down', 'block down']);
  expect(said).toEqual([['block UP', 'usb UP'], ['block UP', 'usb UP'], ['usb DOWN'], ['block DOWN', 'usb DOWN']]);
});
