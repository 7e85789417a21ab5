/**
 * Other processes for tests: plain scripts in `peers/`, which import the built package by its own name (`npm test`
 * builds it first), speak by Node's IPC messages, and die with the test that started them.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

export interface PeerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface PeerOptions {
  env?: Record<string, string>;
  execArgv?: string[];
  /** A command that the peer is run under, such as `unshare -m`. */
  under?: readonly string[];
}

const started = new Set<Peer>();

/** Call it once at the top of a test file: no peer outlives its test. */
export function usePeers(): (script: string, options: object, how?: PeerOptions) => Peer {
  afterEach(async () => {
    const left = [...started];
    started.clear();
    for (const peer of left) peer.kill('SIGKILL');
    await Promise.all(left.map((peer) => peer.exited));
  });
  return (script, options, how) => {
    const peer = new Peer(script, options, how);
    started.add(peer);
    return peer;
  };
}

export class Peer {
  readonly exited: Promise<PeerExit>;
  /** How it ended, once it has. */
  exit: PeerExit | undefined;
  readonly #child: ChildProcess;
  readonly #script: string;
  readonly #said: unknown[] = [];
  readonly #waiting: (() => void)[] = [];
  #stderr = '';

  constructor(script: string, options: object, { env = {}, execArgv = [], under }: PeerOptions = {}) {
    const path = fileURLToPath(new URL(`peers/${script}.mjs`, import.meta.url));
    const argument = JSON.stringify(options);
    const environment = { ...process.env, ...env };
    this.#script = script;
    this.#child = under
      ? spawn(under[0]!, [...under.slice(1), process.execPath, ...execArgv, path, argument], {
          env: environment,
          stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
        })
      : fork(path, [argument], { env: environment, execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#child.on('message', (message) => {
      this.#said.push(message);
      this.#wake();
    });
    this.exited = new Promise((resolve) => {
      // `close`, not `exit`, because all its output has been read by then.
      this.#child.on('close', (code, signal) => {
        this.exit = { code, signal };
        started.delete(this);
        resolve(this.exit);
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  send(message: object): void {
    this.#child.send(message);
  }

  /** Its next message. Rejects when it dies first, or sends none within `milliseconds`. */
  async next<T>(milliseconds = 10_000): Promise<T> {
    const deadline = Date.now() + milliseconds;
    while (this.#said.length === 0) {
      this.check();
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`peer ${this.#script} said nothing for ${milliseconds} ms: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.#said.shift() as T;
  }

  /** How it ended; rejects when it has not within `milliseconds`. */
  async end(milliseconds = 10_000): Promise<PeerExit & { stderr: string }> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`peer ${this.#script} still runs after ${milliseconds} ms`)),
        milliseconds,
      );
    });
    try {
      return { ...(await Promise.race([this.exited, late])), stderr: this.#stderr };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws when it is dead already. */
  check(): void {
    if (!this.exit) return;
    const { code, signal } = this.exit;
    throw new Error(`peer ${this.#script} ended (code ${code}, signal ${signal}): ${this.#stderr}`);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Yields the core to other processes: for loops that poll memory, which has no event to await. */
export function relax(): void {
  Atomics.wait(nobody, 0, 0, 0.05);
}

/** Calls `step` until it returns that it is done. Events run in between, so a dead peer fails this at once. */
export async function pump(peer: Peer, step: () => boolean, milliseconds = 60_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    for (let i = 0; i < 2_000; i++) if (step()) return;
    await new Promise(setImmediate);
    peer.check();
    if (Date.now() > deadline) throw new Error(`not done within ${milliseconds} ms`);
  }
}
