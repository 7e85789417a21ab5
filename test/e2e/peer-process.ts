import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { printIfTestFails } from '../support/child-output.ts';
import { testsNative } from '../support/engines.ts';

export interface Report {
  is: string;
  [detail: string]: unknown;
}

/** The engines to test where it does not matter which. */
export const BEST = testsNative
  ? ({ controller: 'native', guest: 'native' } as const)
  : ({ controller: 'file', guest: 'file' } as const);

/** A script in `peers/` and what it is to know beside its role and name. */
export interface PeerScript {
  script?: 'peer' | 'channels' | 'failing' | 'memory' | 'pauses' | 'sync' | 'waiting';
  options?: object;
}

/** A child process that runs one end of a link; see peers/ for its orders. */
export class PeerProcess {
  readonly child: ChildProcess;
  readonly #reports: Report[] = [];
  #wake: () => void = () => {};
  #asked = 0;

  constructor(
    role: string,
    name: string,
    engine: 'native' | 'file' = BEST.guest,
    { script = 'peer', options = {} }: PeerScript = {},
  ) {
    const path = fileURLToPath(new URL(`peers/${script}.mjs`, import.meta.url));
    this.child = fork(path, [role, name, JSON.stringify(options)], {
      env: { ...process.env, CTRL_IF_ENGINE: engine },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    printIfTestFails(this.child);
    peers.add(this);
    this.child.on('message', (report: Report) => {
      this.#reports.push(report);
      this.#wake();
    });
    this.child.once('exit', () => this.#wake());
  }

  /** The next report called `is`; fails at once when the peer reports a failure or exits before. */
  async heard(is: string): Promise<Report> {
    for (;;) {
      const failed = this.#reports.find((report) => report.is === 'failed');
      if (failed) throw new Error(String(failed.what));
      const index = this.#reports.findIndex((report) => report.is === is);
      if (index >= 0) return this.#reports.splice(index, 1)[0]!;
      if (this.gone) throw new Error(`the peer exited before it reported "${is}"`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Gives an order and waits until it has been carried out. */
  async told(order: string, details: object = {}): Promise<Report> {
    this.child.send({ order, ...details });
    return this.heard('done');
  }

  /** Gives an order to a script that answers (peers/orders.mjs): what it returns, or `{ code }` of what it threw. */
  async ask<T = Report>(order: string, details: object = {}): Promise<T> {
    const ask = ++this.#asked;
    this.child.send({ order, ask, ...details });
    return (await this.heard(`answer ${ask}`)) as T;
  }

  order(order: string): void {
    this.child.send({ order });
  }

  get gone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async exited(): Promise<void> {
    if (!this.gone) await once(this.child, 'exit');
  }

  /** Stops it, and waits until the system says that it is. */
  async stop(): Promise<void> {
    this.child.kill('SIGSTOP');
    while (stateOf(this.child.pid!) !== 'T') await delay(1);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited();
  }

  async close(): Promise<void> {
    this.order('close');
    await this.exited();
  }
}

/** The process's state in one letter, from /proc. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat[stat.lastIndexOf(')') + 2]!;
}

const peers = new Set<PeerProcess>();

/** A runtime directory for the file, and after each test: no process, socket or shared-memory name of ours. */
export function useProcesses(): void {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ctrl-if-e2e-'));
    process.env.CTRL_IF_RUNTIME_DIR = directory;
  });
  afterEach(async () => {
    const pids = [...peers].map(({ child }) => child.pid!);
    await Promise.all([...peers].map((peer) => peer.kill()));
    peers.clear();
    for (const name of readdirSync('/dev/shm')) {
      if (pids.some((pid) => name.startsWith(`ctrl-if.${pid}.`))) rmSync(join('/dev/shm', name));
    }
  });
  afterAll(() => {
    delete process.env.CTRL_IF_RUNTIME_DIR;
    rmSync(directory, { recursive: true, force: true });
  });
}

/** A controller and its guests, all connected. */
export async function meeting(
  engines: { controller: 'native' | 'file'; guest: 'native' | 'file' },
  guestCount = 1,
): Promise<{ controller: PeerProcess; guests: PeerProcess[] }> {
  const controller = new PeerProcess('controller', 'e2e', engines.controller);
  expect(await controller.heard('listening')).toMatchObject({ engine: engines.controller });
  const guests = Array.from({ length: guestCount }, () => new PeerProcess('guest', 'e2e', engines.guest));
  for (const guest of guests) expect(await guest.heard('connected')).toMatchObject({ engine: engines.guest });
  for (const _ of guests) await controller.heard('joined');
  return { controller, guests };
}

/** Names in shared memory that these processes made. */
export function namesOf(...made: PeerProcess[]): string[] {
  return readdirSync('/dev/shm').filter((name) => made.some(({ child }) => name.startsWith(`ctrl-if.${child.pid}.`)));
}

/** Waits until these processes have no name left: their peers unlink it as soon as they see the socket close. */
export async function noNameLeft(...made: PeerProcess[]): Promise<void> {
  // The system does not report an unlink by another process, so this polls until the test's own time limit.
  while (namesOf(...made).length > 0) await delay(2);
}
