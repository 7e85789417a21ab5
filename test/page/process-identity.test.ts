import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createControlPage, openControlPage, writeIdentity } from '../../lib/page/control-page.ts';
import { isAlive, processIdentity } from '../../lib/page/process-identity.ts';
import { printIfTestFails } from '../support/child-output.ts';
import { namedEngines } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { usePages } from '../support/pages.ts';

const pages = usePages();
const children: ChildProcess[] = [];
const directories: string[] = [];

function start(command: string, arguments_: string[]): ChildProcess {
  const child = spawn(command, arguments_, { stdio: ['ignore', 'pipe', 'pipe'] });
  printIfTestFails(child);
  children.push(child);
  return child;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = child.exitCode !== null || child.signalCode !== null || once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const stateOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0];

describe('a process', () => {
  it('keeps its identity while it lives', async () => {
    const child = start('sleep', ['60']);
    await once(child, 'spawn');
    const identity = processIdentity(child.pid);
    expect(identity.pid).toBe(child.pid);
    expect(identity.startTime).toBe(BigInt(readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(' ')[21]!));
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
  });

  it('is alive: this one, its parent, and init, which other users may not signal', () => {
    expect(isAlive(processIdentity())).toBe(true);
    expect(isAlive(processIdentity(process.ppid))).toBe(true);
    expect(isAlive(processIdentity(1))).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: 0n })).toBe(true); // told by a system without /proc
  });

  it('is another one when its pid is used again', () => {
    const { pid, startTime } = processIdentity();
    expect(isAlive({ pid, startTime: startTime + 1n })).toBe(false);
    expect(isAlive({ pid, startTime: startTime - 1n })).toBe(false);
  });

  it('is dead: one that ended, and pids that no process has', () => {
    const { pid } = spawnSync('true');
    expect(isAlive({ pid, startTime: 1n })).toBe(false);
    expect(isAlive({ pid, startTime: 0n })).toBe(false);
    // kill(0) and kill(-1) check groups of processes, and succeed.
    for (const nobody of [0, -1, -process.pid, 2 ** 31, 2 ** 32 - 1]) {
      expect(isAlive({ pid: nobody, startTime: 0n }), String(nobody)).toBe(false);
      expect(isAlive({ pid: nobody, startTime: 5n }), String(nobody)).toBe(false);
    }
  });

  it('is dead as a zombie, which will never answer', async () => {
    // The shell becomes a `sleep`, which never waits for the child it has inherited.
    const parent = start('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    const [line] = await once(parent.stdout!, 'data');
    const pid = Number(String(line));
    const identity = processIdentity(pid);
    expect(isAlive(identity)).toBe(true);
    const page = createControlPage(pages.name(), new Uint8Array(16), 'file');
    page.unmap();

    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(stateOf(pid)).toBe('Z'), { timeout: 10_000, interval: 5 });
    expect(process.kill(pid, 0)).toBe(true); // it can still be signalled
    expect(isAlive(identity)).toBe(false);
    expect(isAlive({ pid, startTime: 0n })).toBe(false);
    for (const engine of namedEngines) {
      const name = pages.name();
      const made = pages.keep(createControlPage(name, new Uint8Array(16), engine));
      writeIdentity(made, 'guest', identity);
      expectError('ERR_CTRL_IF_PAGE_STALE', `process ${pid}`, () =>
        openControlPage(name, { nonce: new Uint8Array(16) }, engine),
      );
    }
  });

  it('is identified by its start time, for any name', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ctrl-if-'));
    directories.push(directory);
    const program = join(directory, 'x) Z 1 (');
    symlinkSync('/bin/sleep', program);
    const child = start(program, ['60']);
    await once(child, 'spawn');
    const identity = processIdentity(child.pid);
    expect(readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('x) Z 1 (\n');
    expect(identity.startTime).toBeGreaterThan(processIdentity(1).startTime);
    expect(isAlive(identity)).toBe(true);
  });
});
