/** Runs the built command line, and waits for its output. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { loadAddon } from '../../lib/page/addon.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE = 15_000;

export const ENGINES: readonly ('native' | 'file')[] = loadAddon().addon ? ['native', 'file'] : ['file'];

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  /** Default: that of this process. */
  cwd?: string;
  /** The root of another package, see {@link packageWithoutAddon}. */
  root?: string;
}

/** Parses the output of `--json`: an object a line. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A running `ctrl-if`. */
export class Cli {
  readonly process: ChildProcessWithoutNullStreams;
  readonly exited: Promise<Outcome>;
  stdout = '';
  stderr = '';
  #onOutput: () => void = () => {};
  #ended = false;

  constructor(args: readonly string[], { env = {}, root = ROOT, cwd }: RunOptions = {}) {
    const { CTRL_IF_ENGINE: _, ...inherited } = process.env;
    this.process = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
      env: { ...inherited, ...env },
      ...(cwd !== undefined && { cwd }),
    });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#onOutput();
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#onOutput();
    });
    // The process may end before it has read all of its input.
    this.process.stdin.on('error', () => {});
    this.exited = once(this.process, 'close').then(([code, signal]) => {
      this.#ended = true;
      this.#onOutput();
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
    running.add(this);
    void this.exited.then(() => running.delete(this));
  }

  /** Resolves with the match when the output on `stream` matches `pattern`. */
  async sees(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(DEADLINE);
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match) return match;
      const { exitCode, signalCode } = this.process;
      if (this.#ended) throw this.#missing(pattern, stream, `it ended with ${signalCode ?? exitCode}`);
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(this.#missing(pattern, stream, `not within ${DEADLINE} ms`));
        deadline.addEventListener('abort', late, { once: true });
        this.#onOutput = () => {
          deadline.removeEventListener('abort', late);
          resolve();
        };
      });
    }
  }

  type(text: string): void {
    this.process.stdin.write(text);
  }

  kill(signal: NodeJS.Signals): Promise<Outcome> {
    this.process.kill(signal);
    return this.exited;
  }

  #missing(pattern: RegExp, stream: string, why: string): Error {
    return new Error(`no ${pattern} on ${stream}, ${why}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
  }
}

const running = new Set<Cli>();

afterEach(async () => {
  await Promise.all([...running].map((cli) => cli.kill('SIGKILL')));
});

/** Runs a command to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const cli = new Cli(args, options);
  cli.process.stdin.end(options.input ?? '');
  return cli.exited;
}

/** Gives this test file its own runtime directory. Returns a function that lists it. */
export function useRuntimeDirectory(): () => string[] {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ctrl-if-cli-'));
    process.env.CTRL_IF_RUNTIME_DIR = directory;
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return () => readdirSync(directory);
}

/** The pages of a process that are still in shared memory. */
export function pagesOf(pid: number): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith(`ctrl-if.${pid}.`));
}

const copies: string[] = [];
afterAll(() => {
  for (const root of copies.splice(0)) rmSync(root, { recursive: true, force: true });
});

/**
 * A copy of the package without its addon, as installed or as a clone on a machine without a compiler. It is removed at
 * the end of the test file.
 */
export function packageWithoutAddon(as: 'installed' | 'checkout' = 'installed'): string {
  const root = mkdtempSync(join(tmpdir(), 'ctrl-if-package-'));
  copies.push(root);
  cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  if (as === 'checkout') {
    mkdirSync(join(root, 'lib'));
    cpSync(join(ROOT, 'binding.gyp'), join(root, 'binding.gyp'));
  }
  return root;
}

/** Expects an error in the form of all errors. */
export function expectError(stderr: string, code: string): void {
  expect(stderr).toMatch(new RegExp(`^ctrl-if: .+ \\(${code}\\)$`, 'm'));
  expect(stderr).not.toMatch(/^\s+at /m);
}
