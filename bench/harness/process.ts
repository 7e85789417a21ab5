/** Runs the fresh process of a trial and takes its figures from its stdout. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Setting } from './case.ts';
import type { Timing } from '../peers/job.ts';
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
 * Runs `node build/bench/peers/PROGRAM.js JOB`, pinned to `cpus`, with `flags` for node. Of the setting the job has the
 * times and the CPUs, unless it has its own. It must print one JSON value and exit with 0; its other processes it starts
 * itself.
 */
export function runProgram<T>(
  program: string,
  job: object,
  setting: Setting,
  { cpus = setting.cpus?.slice(0, 1), flags = [], longestMs = LONGEST_MS }: ProgramOptions = {},
): Promise<Outcome<T>> {
  const { warmupMs, timedMs, cpus: both } = setting;
  const whole: Timing = { warmupMs, timedMs, cpus: both, ...job };
  const node = [process.execPath, ...flags, peerProgram(program), JSON.stringify(whole)];
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
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const fail = (why: string) =>
      reject(new TrialFailed([why, `its command: ${[file, ...args].join(' ')}`, stderr].join('\n').trimEnd()));
    const timer = setTimeout(() => {
      child.kill('SIGKILL'); // what it started notices, and ends by itself
      fail(`a peer process was still running after ${longestMs / 1000} s`);
    }, longestMs);
    child.on('error', (error) => fail(`a peer process could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(stdout);
      else fail(`a peer process failed (${signal ?? `exit code ${code}`})`);
    });
  });
}
