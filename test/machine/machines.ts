/** Machines for tests: real processes, in one runtime directory for each test file, which must be empty at the end. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Machine, type MachineOptions } from '../../lib/machine/machine.ts';
import type { DeviceClassName, DeviceInfo, MachineEvent } from '../../lib/machine/operations.ts';

/** The built program, because a plain Node process cannot run the sources. */
const GUEST_PROGRAM = fileURLToPath(new URL('../../dist/machine/guest-program.js', import.meta.url));
export const GUEST_COMMAND = [process.execPath, GUEST_PROGRAM];

const DEADLINE = 5000;
const machines: Machine[] = [];
const pids = new Set<number>();

/** Call once at the top of a test file. */
export function useMachines(): (options?: MachineOptions) => Promise<Machine> {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ctrl-if-machine-'));
    process.env.CTRL_IF_RUNTIME_DIR = directory;
  });
  afterEach(async () => {
    for (const machine of machines.splice(0)) {
      for (const { pid } of await machine.list()) if (pid) pids.add(pid);
      await machine.close();
    }
    expect([...pids].filter(isAlive)).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
    const made = [process.pid, ...pids];
    expect(readdirSync('/dev/shm').filter((name) => made.some((pid) => name.startsWith(`ctrl-if.${pid}.`)))).toEqual(
      [],
    );
    pids.clear();
  });
  afterAll(() => {
    delete process.env.CTRL_IF_RUNTIME_DIR;
    rmSync(directory, { recursive: true, force: true });
  });
  return async (options = {}) => {
    const machine = await Machine.start({ name: 'lab', guestCommand: GUEST_COMMAND, ...options });
    machines.push(machine);
    return machine;
  };
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** The events from now on. A test awaits them by their content, each once. */
export class Events {
  readonly seen: MachineEvent[] = [];
  readonly #reading: Promise<void>;
  readonly #waiting: { is: (event: MachineEvent) => boolean; resolve: (event: MachineEvent) => void }[] = [];

  constructor(machine: Machine) {
    const watching = machine.watch();
    this.#reading = (async () => {
      for await (const event of watching) {
        if (event.kind === 'lost') throw new Error(`${event.count} events were lost`);
        this.seen.push(event);
        for (const waiting of this.#waiting.splice(0)) {
          if (waiting.is(event)) waiting.resolve(event);
          else this.#waiting.push(waiting);
        }
      }
    })();
    this.#reading.catch(() => {});
  }

  /** The next event that matches. */
  next(is: (event: MachineEvent) => boolean): Promise<MachineEvent> {
    return new Promise((resolve) => this.#waiting.push({ is, resolve }));
  }

  /** The next event with that state or end of the domain. */
  domain(name: string, result: string): Promise<MachineEvent> {
    return this.next((event) => event.kind === 'domain' && event.name === name && event.result === result);
  }

  /** Drops the events so far. */
  async fromNow(): Promise<void> {
    // Earlier events wait in a queue, which is read within this turn.
    await turn();
    this.seen.length = 0;
  }

  /** Resolves when the patterns have matched in this order. */
  async inOrder(patterns: readonly RegExp[]): Promise<void> {
    const deadline = AbortSignal.timeout(DEADLINE);
    const late = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve(), { once: true }));
    for (;;) {
      const { messages } = this;
      const isInOrder = inOrder(messages, patterns);
      if (isInOrder) return;
      // After this time no event is expected.
      if (deadline.aborted) expect({ messages, isInOrder }).toEqual({ messages, isInOrder: true });
      await Promise.race([this.next(() => true), late]);
    }
  }

  /** The messages so far, see {@link messageOf}. */
  get messages(): string[] {
    return this.seen.filter(({ kind }) => kind === 'message').map(messageOf);
  }
}

/** `FROM>TO NAME`, then the status in a request or the result of a response. */
export function messageOf({ from, to, name, says = '', result }: MachineEvent): string {
  const word = result ?? /^[A-Z]+\b/.exec(says)?.[0];
  return `${from}>${to} ${name}${word ? ` ${word}` : ''}`;
}

/** The first result of `read` that is neither undefined nor false. It is read again after each event. */
export async function found<T>(machine: Machine, read: () => Promise<T | undefined | false>): Promise<T> {
  const events = machine.watch();
  try {
    for (;;) {
      const what = await read();
      if (what !== undefined && what !== false) return what;
      await events.next();
    }
  } finally {
    await events.return?.();
  }
}

/** Resolves when the device's pattern has passed both ways. */
export function crossed(machine: Machine, domain: string, className: DeviceClassName, handle = 0): Promise<DeviceInfo> {
  return found(machine, async () => {
    const device = (await machine.devices(domain, className)).find((device) => device.handle === handle);
    return device?.crossed === true && device;
  });
}

let typed = 0;

/** Types a line into the console of a domain with ctrl-if's guest. Resolves with the answer. */
export async function type(machine: Machine, domain: string, line: string): Promise<string> {
  const console = (await machine.console(domain)).setEncoding('latin1');
  const answers = console.iterator({ destroyOnReturn: false });
  const until = async (answer: RegExp): Promise<RegExpExecArray> => {
    for (let said = ''; ; ) {
      const { value, done } = await answers.next();
      if (done) throw new Error(`the console of ${domain} ended; it said ${said}`);
      said += value;
      const found = answer.exec(said);
      if (found) return found;
    }
  };
  try {
    // Answers to earlier lines may still arrive and may be equal.
    const mark = `#${++typed}`;
    console.write(`${mark}\r`);
    await until(new RegExp(`${mark}: not understood; try help\r\n\\$ $`));
    console.write(`${line}\r`);
    return (await until(new RegExp(`${line}\\r\\n(.*)\\$ $`, 's')))[1]!.trimEnd();
  } finally {
    console.destroy();
  }
}

/** Whether the patterns match messages in this order. */
function inOrder(messages: readonly string[], patterns: readonly RegExp[]): boolean {
  let index = -1;
  return patterns.every((pattern) => {
    index = messages.findIndex((message, i) => i > index && pattern.test(message));
    return index >= 0;
  });
}
