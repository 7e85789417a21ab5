import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { testsNative } from '../support/engines.ts';

export interface Report {
  is: string;
  [detail: string]: unknown;
}

/** The engines to test where it does not matter which. */
export const BEST = testsNative
  ? ({ controller: 'native', guest: 'native' } as const)
  : ({ controller: 'file', guest: 'file' } as const);

/** A child process that runs one end of a link; see peers/ for what each script can be told to do. */
export class PeerProcess {
  readonly child: ChildProcess;
  readonly #reports: Report[] = [];
  #wake: () => void = () => {};

  constructor(role: string, name: string, engine: 'native' | 'file' = BEST.guest, script = 'peer') {
    this.child = fork(fileURLToPath(new URL(`peers/${script}.mjs`, import.meta.url)), [role, name], {
      env: { ...process.env, CTRL_IF_ENGINE: engine },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
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
      const at = this.#reports.findIndex((report) => report.is === is);
      if (at >= 0) return this.#reports.splice(at, 1)[0]!;
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

  order(order: string): void {
    this.child.send({ order });
  }

  get gone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async exited(): Promise<void> {
    if (!this.gone) await once(this.child, 'exit');
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
  // Nothing tells of an unlink by another process, so it is looked for; the test's own limit ends a wait in vain.
  while (namesOf(...made).length > 0) await delay(2);
}
