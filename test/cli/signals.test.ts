/** Signals end commands, which leave no names. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { printIfTestFails } from '../support/child-output.ts';
import { Cli, pagesOf, useRuntimeDirectory } from './cli.ts';

const leftBehind = useRuntimeDirectory();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

describe.each(SIGNALS)('%s', (signal) => {
  it('ends a machine in order, also when it comes twice, and leaves neither its name nor its API', async () => {
    const cli = new Cli(['machine', '--name', 'lab']);
    await cli.sees('stdout', /its API is/);
    expect(leftBehind().toSorted()).toEqual(['lab.api', 'lab.sock']);
    cli.process.kill(signal);
    // npx and timeout send the signal again while the machine is closing.
    await cli.sees('stdout', /dying/);
    cli.process.kill(signal);
    expect(await cli.exited).toMatchObject({ code: 0, signal: null, stdout: expect.stringMatching(/lab closed\n$/) });
    expect(leftBehind()).toEqual([]);
  });

  it('ends a controller in order, also when it comes twice, and leaves no name', async () => {
    const cli = new Cli(['controller', '--name', 'lab']);
    await cli.sees('stdout', /listens/);
    cli.process.kill(signal);
    cli.process.kill(signal);
    expect(await cli.exited).toMatchObject({ code: 0, signal: null });
    expect([...leftBehind(), ...pagesOf(cli.process.pid!)]).toEqual([]);
  });

  it('ends a process that does not close when it comes again later, and leaves no name', async () => {
    const [lifetime, index] = ['cli/lifetime.js', 'index.js'].map(
      (path) => new URL(`../../dist/${path}`, import.meta.url),
    );
    const script = `
      import { Controller } from '${index}';
      import { Lifetime } from '${lifetime}';
      const signal = new Lifetime().endInOrder();
      signal.addEventListener('abort', () => console.log('ending, and never done'));
      await Controller.listen({ name: 'stuck' });
      console.log('listening');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    printIfTestFails(child);
    const exited = once(child, 'exit');
    let again: NodeJS.Timeout | undefined;
    try {
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(String(await once(child.stdout, 'data'))).toBe('ending, and never done\n');
      again = setInterval(() => child.kill(signal), 50);
      expect(await exited).toEqual([{ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal], null]);
    } finally {
      clearInterval(again);
      child.kill('SIGKILL');
      await exited;
    }
    expect(leftBehind()).toEqual([]);
  });
});
