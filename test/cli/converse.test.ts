import { PassThrough, type Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../lib/api/client.ts';
import { converse, type Input } from '../../lib/cli/domain-console.ts';
import type { Lifetime } from '../../lib/cli/lifetime.ts';
import { machineCommand } from '../../lib/cli/machine.ts';
import { FakeConsole, FakeMachine } from '../api/fake-machine.ts';
import { useRuntimeDirectory } from './cli.ts';

const leftBehind = useRuntimeDirectory();

/** A terminal that records its modes. */
function terminal(): Input & PassThrough & { modes: boolean[] } {
  const modes: boolean[] = [];
  return Object.assign(new PassThrough(), { isTTY: true, modes, setRawMode: (mode: boolean) => modes.push(mode) });
}

function begin(input: Readable, ending = new AbortController()) {
  const console = new FakeConsole();
  const output = new PassThrough();
  return { console, output, ending, end: converse(console, { input, output, ending: ending.signal }) };
}

describe('console on a terminal', () => {
  it('is raw, passes Ctrl-C, and at Ctrl-] closes after the input before it', async () => {
    const input = terminal();
    const { console, output, end } = begin(input);
    input.write('ls\r');
    input.write('\x03');
    input.write('last\x1dnot this');
    expect(await end).toBe('left');
    expect(Buffer.concat(console.typed).toString()).toBe('ls\r\x03last');
    expect(input.modes).toEqual([true, false]);
    expect(output.writableEnded).toBe(false);
    expect(console.destroyed).toBe(true);
  });

  it('waits for a domain that reads slowly, and drops no key', async () => {
    const input = terminal();
    const { console, end } = begin(input);
    console.isFull = true;
    const typed = 'x'.repeat(200_000);
    for (let start = 0; start < typed.length; start += 1000) input.write(typed.slice(start, start + 1000));
    await console.typedSo(() => console.typedBytes > 0);
    console.go();
    await console.typedSo(() => console.typedBytes === typed.length);
    input.write('\x1d');
    expect(await end).toBe('left');
  });

  it('restores the terminal when the domain ends, when it fails, and at a signal', async () => {
    const ended = terminal();
    const first = begin(ended);
    first.console.push('bye');
    first.console.hangUp();
    expect(await first.end).toBe('ended');
    expect(first.output.read()?.toString()).toBe('bye');

    const broken = terminal();
    const second = begin(broken);
    second.console.destroy(new Error('gone'));
    await expect(second.end).rejects.toThrow('gone');

    const signalled = terminal();
    const third = begin(signalled);
    third.ending.abort('signal');
    expect(await third.end).toBe('left');
    for (const { modes } of [ended, broken, signalled]) expect(modes).toEqual([true, false]);
  });
});

describe('console on a pipe', () => {
  it('has no escape key', async () => {
    const input = new PassThrough();
    const { console, ending, end } = begin(input);
    input.end('a\x1db');
    await console.typedSo(() => console.typedBytes === 3);
    ending.abort('signal');
    expect(await end).toBe('left');
    expect(Buffer.concat(console.typed).toString()).toBe('a\x1db');
  });
});

describe('ctrl-if machine', () => {
  it('starts a machine, serves its API, and closes both at a signal', async () => {
    const machine = Object.assign(new FakeMachine(), { closed: 0, close: async () => void machine.closed++ });
    const ending = new AbortController();
    const lifetime = { endInOrder: () => ending.signal } as Lifetime;
    const options = { name: 'lab', json: true, quiet: false } as const;
    const started: unknown[] = [];
    const code = machineCommand(options, lifetime, async (given) => {
      started.push(given);
      return machine;
    });
    await machine.until(() => machine.watchers.size === 1);
    expect(await new ApiClient({ name: 'lab' }).list()).toEqual([]);
    ending.abort('signal');
    expect(await code).toBe(0);
    expect(started).toEqual([{ name: 'lab' }]);
    expect(machine.closed).toBe(1);
    expect(leftBehind()).toEqual([]);
  });

  it('closes the machine when its API cannot be served', async () => {
    const machine = Object.assign(new FakeMachine(), { closed: 0, close: async () => void machine.closed++ });
    const lifetime = { endInOrder: () => new AbortController().signal } as Lifetime;
    const options = { name: '../lab' };
    const code = machineCommand(options, lifetime, async () => machine);
    await expect(code).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NAME' });
    expect(machine.closed).toBe(1);
  });
});
