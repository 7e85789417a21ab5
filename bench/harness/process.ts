/** Runs the fresh process of a trial and takes its figures from its stdout. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Setting } from './case.ts';
import { peerProgram } from './paths.ts';
import { countCalls } from './syscalls.ts';

/** A trial takes well under a second: one that takes this long hangs. */
const LONGEST_MS = 60_000;

export interface ProgramOptions {
  cpus?: readonly number[];
  /** For node. */
  flags?: readonly string[];
  longestMs?: number;
}

export class TrialFailed extends Error {}

export interface Outcome<T> {
  /** What the process printed, parsed. */
  readonly result: T;
  /** System calls between the markers, of all its processes and threads; with `setting.countSyscalls` only. */
  readonly syscalls: number | undefined;
}

let directory: string | undefined;

/** Where the sockets of all trials live, gone when this process ends. */
function runtimeDirectory(): string {
  if (!directory) {
    const made = mkdtempSync(join(tmpdir(), 'ctrl-if-bench-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    directory = made;
  }
  return directory;
}

/**
 * Runs `node build/bench/peers/PROGRAM.js JOB`, pinned to `cpus`, with `flags` for node. It must print one JSON value
 * and exit with 0; its other processes it starts itself.
 */
export function runProgram<T>(
  program: string,
  job: unknown,
  setting: Setting,
  { cpus = setting.cpus?.slice(0, 1), flags = [], longestMs = LONGEST_MS }: ProgramOptions = {},
): Promise<Outcome<T>> {
  const node = [process.execPath, ...flags, peerProgram(program), JSON.stringify(job)];
  return runCommand(cpus ? ['taskset', '-c', cpus.join(','), ...node] : node, setting, longestMs);
}

/** As {@link runProgram}, for any command. */
export async function runCommand<T>(
  command: readonly string[],
  setting: Setting,
  longestMs = LONGEST_MS,
): Promise<Outcome<T>> {
  const log = join(runtimeDirectory(), 'strace.log');
  const whole = setting.countSyscalls ? ['strace', '-f', '-qq', '-s', '64', '-o', log, ...command] : command;
  const stdout = await outputOf(whole, longestMs);
  try {
    return {
      result: JSON.parse(stdout) as T,
      syscalls: setting.countSyscalls ? countCalls(readFileSync(log, 'latin1')) : undefined,
    };
  } catch (cause) {
    throw new TrialFailed(`${whole.join(' ')}\nprinted what is not its figures: ${stdout.slice(0, 200)}`, { cause });
  }
}

function outputOf([file, ...args]: readonly string[], longestMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CTRL_IF_RUNTIME_DIR: runtimeDirectory() },
    });
    const stdout = collected(child, 'stdout');
    const stderr = collected(child, 'stderr');
    const fail = (why: string) =>
      reject(new TrialFailed([why, `its command: ${[file, ...args].join(' ')}`, stderr.text()].join('\n').trimEnd()));
    const timer = setTimeout(() => {
      child.kill('SIGKILL'); // what it started notices, and ends by itself
      fail(`a peer process was still running after ${longestMs / 1000} s`);
    }, longestMs);
    child.on('error', (error) => fail(`a peer process could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(stdout.text());
      else fail(`a peer process failed (${signal ?? `exit code ${code}`})`);
    });
  });
}

function collected(child: ChildProcess, stream: 'stdout' | 'stderr'): { text(): string } {
  const chunks: Buffer[] = [];
  child[stream]!.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { text: () => Buffer.concat(chunks).toString('utf8') };
}
