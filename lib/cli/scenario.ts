import { CtrlIfError } from '../errors.ts';
import type { DomainInfo, LostEvents, MachineEvent, MachineOperations } from '../machine/operations.ts';

/** The result of one step of the scenario. */
export interface Step {
  title: string;
  happened: boolean;
  /** The observed result, or what was missing. */
  detail: string;
  milliseconds: number;
  /** The code of the error that made the step fail. */
  code?: string;
}

export interface ScenarioReporter {
  event(event: MachineEvent | LostEvents): void;
  stepBegan(title: string): void;
  stepEnded(step: Step): void;
}

export interface ScenarioOptions {
  /** A machine with the driver domain {@link DRIVER} and no other domain. */
  readonly machine: MachineOperations;
  readonly reporter: ScenarioReporter;
  /** Paths of the files for the disks of the guests, one for each name of {@link DISKS}. */
  readonly disks: readonly string[];
  /** Ends the process of a domain as a crash would. Default: SIGKILL. */
  readonly crash?: (pid: number) => void;
}

/** The driver domain of the scenario. The machine restarts it at once. */
export const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;
/** Names of the disk files of the guests. */
export const DISKS = ['web-root', 'web-data', 'db'] as const;
/** Milliseconds to wait for one result. */
const PATIENCE = 5000;
/** A step may wait for several results. A step that takes longer than this has failed. */
const STEP_SECONDS = 30;
const GUESTS = ['web', 'db'];

/** Starts, changes, crashes and shuts down the domains of a machine, step by step. */
export class Scenario {
  readonly #machine: MachineOperations;
  readonly #reporter: ScenarioReporter;
  readonly #disks: readonly string[];
  readonly #crash: (pid: number) => void;
  readonly #changed = new Set<() => void>();

  constructor({ machine, reporter, disks, crash = (pid) => void process.kill(pid, 'SIGKILL') }: ScenarioOptions) {
    this.#machine = machine;
    this.#reporter = reporter;
    this.#disks = disks;
    this.#crash = crash;
  }

  /** Resolves with the results of the steps, of which only the last may have failed. */
  async run(): Promise<Step[]> {
    const events = this.#machine.watch()[Symbol.asyncIterator]();
    const listening = this.#listen(events);
    try {
      return await this.#runSteps();
    } finally {
      await events.return?.();
      await listening;
    }
  }

  async #runSteps(): Promise<Step[]> {
    const machine = this.#machine;
    const steps: Step[] = [];
    for (const [title, run] of this.#plan(machine)) {
      steps.push(await this.#runStep(title, run));
      // Each step needs the result of the one before.
      if (!steps.at(-1)!.happened) break;
    }
    return steps;
  }

  #plan(machine: MachineOperations): [title: string, run: () => Promise<string>][] {
    const [root, data, db] = this.#disks;
    return [
      [
        'two guests start',
        async () => {
          await machine.create({
            name: 'web',
            memory: 16,
            maxMemory: 32,
            vcpus: 2,
            disks: [
              { target: root!, vdevice: 0x301 },
              { target: data!, vdevice: 0x302 },
            ],
            vifs: [{ credit: { bytes: 1 << 20, microseconds: 1_000_000 } }],
            usbs: [{ path: '1-1' }],
          });
          await machine.create({ name: 'db', disks: [{ target: db!, vdevice: 0x301 }], vifs: [{}] });
          return `${await this.#connected()} devices connected, data passed both ways`;
        },
      ],
      [
        'the driver domain is killed',
        async () => {
          const { pid, domid } = await machine.info(DRIVER.name);
          this.#crash(pid!);
          const again = await this.#until('no new driver domain', async () => {
            const driver = await machine.info(DRIVER.name);
            return driver.state === 'running' && driver.domid !== domid ? driver : undefined;
          });
          return `back as domain ${again.domid}, ${await this.#connected(again.domid)} devices again`;
        },
      ],
      ["a line is typed into web's console", () => this.#console('web', 'uptime', /\d+\.\d s/)],
      [
        "web's memory is resized",
        async () => {
          const down = await machine.memorySet('web', 8);
          const up = await machine.memorySet('web', 32);
          expect(down.reached === 8 && up.reached === 32, `8 and 32 MiB, not ${down.reached} and ${up.reached}`);
          return '16 → 8 → 32 MiB';
        },
      ],
      [
        'a VCPU of web is unplugged',
        async () => {
          const vcpus = await machine.vcpuSet('web', 1, false);
          expect(vcpus[0] === true && vcpus[1] === false, `one of two VCPUs on, not ${vcpus.join(', ')}`);
          return '1 of 2 is on';
        },
      ],
      [
        'all shut down',
        async () => {
          // The driver domain has the backends of the guests, so it comes last.
          const order = [...GUESTS, DRIVER.name];
          for (const name of order) {
            const { how } = await machine.shutdown(name, { reason: 'poweroff', timeout: PATIENCE / 1000 });
            expect(how === 'poweroff', `${name} powered off, not ${how}`);
          }
          // The machine would restart it.
          await machine.destroy(DRIVER.name);
          const left = await machine.list();
          expect(left.length === 0, `no domain left, not ${left.map(({ name }) => name).join(', ')}`);
          return `${order.join(', ')}; no domain is left`;
        },
      ],
    ];
  }

  /**
   * Resolves with the number of devices when all of them are connected and a pattern and a notification have gone both
   * ways between each frontend and its backend.
   *
   * @param backend the domid that the backends must have
   */
  async #connected(backend?: number): Promise<number> {
    const ready = ({ state, crossed, backend: by }: DomainInfo['devices'][number]) =>
      state === 'CONNECTED' && crossed === true && (backend === undefined || by === backend);
    let missing: string[] = [];
    return await this.#until(
      () => `not connected: ${missing.join(', ')}`,
      async () => {
        const guests = (await this.#machine.list()).filter(({ name }) => GUESTS.includes(name));
        const all = guests.flatMap(({ name, devices }) => devices.map((device) => ({ name, device })));
        missing = all.flatMap(({ name, device }) =>
          ready(device) ? [] : [`${name}'s ${device.class} ${device.id} (${device.state})`],
        );
        return all.length > 0 && missing.length === 0 ? all.length : undefined;
      },
    );
  }

  async #console(domain: string, line: string, answer: RegExp): Promise<string> {
    const console = await this.#machine.console(domain);
    try {
      return await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(late(`no answer to ${line}`)), PATIENCE);
        let output = '';
        console.on('data', (bytes: Buffer) => {
          output += bytes.toString('latin1');
          const found = answer.exec(output.slice(output.lastIndexOf(line) + line.length));
          if (!output.includes(line) || !found) return;
          clearTimeout(timer);
          resolve(`${line} → ${found[0]}`);
        });
        console.on('error', reject);
        console.write(`${line}\r`);
      });
    } finally {
      console.destroy();
    }
  }

  async #runStep(title: string, run: () => Promise<string>): Promise<Step> {
    this.#reporter.stepBegan(title);
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late('the step did not end', STEP_SECONDS)), STEP_SECONDS * 1000);
    });
    const outcome = await Promise.race([run(), tooLate]).then(
      (detail) => ({ happened: true, detail }),
      (error: Error & { code?: string }) => ({
        happened: false,
        detail: error.message,
        ...(error.code !== undefined && { code: error.code }),
      }),
    );
    clearTimeout(timer);
    const step = { title, ...outcome, milliseconds: performance.now() - began };
    this.#reporter.stepEnded(step);
    return step;
  }

  /**
   * Resolves with what `find` returns, which is called again after each event of the machine.
   *
   * @param missing the subject of the error when `find` returns nothing in time
   */
  async #until<T>(missing: string | (() => string), find: () => Promise<T | undefined>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late(typeof missing === 'string' ? missing : missing())), PATIENCE);
    });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => this.#changed.add(resolve));
        const found = await find();
        if (found !== undefined) return found;
        await Promise.race([changed, tooLate]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #listen(events: AsyncIterator<MachineEvent | LostEvents>): Promise<void> {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      this.#reporter.event(next.value);
      for (const changed of this.#changed) changed();
      this.#changed.clear();
    }
  }
}

function expect(happened: boolean, what: string): void {
  if (!happened) throw new CtrlIfError('ERR_CTRL_IF_DEVICE_STATE', `expected ${what}`);
}

function late(missing: string, seconds = PATIENCE / 1000): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_TIMEOUT', `${missing} within ${seconds} s`);
}
