/** Runs the fresh process of a trial and takes its figures from its stdout. */
import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Setting } from './case.ts';
import type { Timing } from '../peers/job.ts';
import { peerProgram } from './paths.ts';
import { countCalls } from './syscalls.ts';

const execute = promisify(execFile);

/** A trial takes well under a second: one that takes this long hangs. */
const LONGEST_MS = 60_000;
/** The samples of a trial are a megabyte at most. */
const MOST_OUTPUT = 16 << 20;

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

async function outputOf([file, ...args]: readonly string[], longestMs: number): Promise<string> {
  const env = { ...process.env, CTRL_IF_RUNTIME_DIR: runtimeDirectory() };
  try {
    // What the process has started notices its end, and ends by itself.
    const limits = { timeout: longestMs, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT } as const;
    return (await execute(file!, args, { env, ...limits })).stdout;
  } catch (cause) {
    const { code, signal, killed, stderr, message } = cause as ExecFileException;
    const how = killed ? `was still running after ${longestMs / 1000} s` : `failed (${signal ?? `exit code ${code}`})`;
    const why = typeof code === 'string' ? `a peer process could not be started: ${message}` : `a peer process ${how}`;
    const lines = [why, `its command: ${[file, ...args].join(' ')}`, stderr ?? ''];
    throw new TrialFailed(lines.join('\n').trimEnd(), { cause });
  }
}
