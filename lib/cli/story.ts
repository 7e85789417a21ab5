import { CtrlIfError } from '../errors.ts';
import type { DomainInfo, LostEvents, MachineEvent, MachineOperations } from '../machine/operations.ts';

/** One thing that the story shows, and whether it happened. */
export interface Scene {
  title: string;
  happened: boolean;
  /** What was seen, or what was missing, in words. */
  detail: string;
  milliseconds: number;
  /** Of the error for which it did not happen. */
  code?: string;
}

export interface Telling {
  event(event: MachineEvent | LostEvents): void;
  began(title: string): void;
  ended(scene: Scene): void;
  /** Ends the process of a domain as a crash would. */
  crash(pid: number): void;
}

/** The driver domain of the story; it comes back as soon as it is gone. */
export const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;
/** Names for the files that its guests have as disks. */
export const DISKS = ['web-root', 'web-data', 'db'] as const;
/** What is waited for longer has not happened. */
const PATIENCE = 5000;
/** A step may wait for several things; one that takes longer has not happened. */
const STEP_SECONDS = 30;
const GUESTS = ['web', 'db'];

/** What a machine does in its life, step by step, on a machine that has the driver domain {@link DRIVER} and nothing else. */
export class Story {
  readonly #machine: MachineOperations;
  readonly #telling: Telling;
  readonly #disks: readonly string[];
  readonly #changed = new Set<() => void>();

  /** @param disks files for its guests' disks, as many as {@link DISKS} */
  constructor(machine: MachineOperations, telling: Telling, disks: readonly string[]) {
    this.#machine = machine;
    this.#telling = telling;
    this.#disks = disks;
  }

  async tell(): Promise<Scene[]> {
    const events = this.#machine.watch()[Symbol.asyncIterator]();
    const listening = this.#listen(events);
    try {
      return await this.#scenes();
    } finally {
      await events.return?.();
      await listening;
    }
  }

  async #scenes(): Promise<Scene[]> {
    const machine = this.#machine;
    const scenes: Scene[] = [];
    for (const [title, play] of this.#steps(machine)) {
      scenes.push(await this.#scene(title, play));
      // What comes after it needs what it did.
      if (!scenes.at(-1)!.happened) break;
    }
    return scenes;
  }

  #steps(machine: MachineOperations): [title: string, play: () => Promise<string>][] {
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
          return `${await this.#connected()} devices connected, data crossed both ways`;
        },
      ],
      [
        'the driver domain is killed',
        async () => {
          const { pid, domid } = await machine.info(DRIVER.name);
          this.#telling.crash(pid!);
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
          // Those that others need come last.
          const order = [...GUESTS, DRIVER.name];
          for (const name of order) {
            const { how } = await machine.shutdown(name, { reason: 'poweroff', timeout: PATIENCE / 1000 });
            expect(how === 'poweroff', `${name} powered off, not ${how}`);
          }
          // It would start again.
          await machine.destroy(DRIVER.name);
          const left = await machine.list();
          expect(left.length === 0, `no domain left, not ${left.map(({ name }) => name).join(', ')}`);
          return `${order.join(', ')}; no domain is left`;
        },
      ],
    ];
  }

  /** Resolves when every device of every guest is connected, and a pattern and a notification have crossed both ways. */
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
        let heard = '';
        console.on('data', (bytes: Buffer) => {
          heard += bytes.toString('latin1');
          const found = answer.exec(heard.slice(heard.lastIndexOf(line) + line.length));
          if (!heard.includes(line) || !found) return;
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

  async #scene(title: string, play: () => Promise<string>): Promise<Scene> {
    this.#telling.began(title);
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late('it was not done', STEP_SECONDS)), STEP_SECONDS * 1000);
    });
    const outcome = await Promise.race([play(), tooLate]).then(
      (detail) => ({ happened: true, detail }),
      (error: Error & { code?: string }) => ({
        happened: false,
        detail: error.message,
        ...(error.code !== undefined && { code: error.code }),
      }),
    );
    clearTimeout(timer);
    const scene = { title, ...outcome, milliseconds: performance.now() - began };
    this.#telling.ended(scene);
    return scene;
  }

  /** What `look` finds, looked for again whenever something has happened; `missing` says what was not there in time. */
  async #until<T>(missing: string | (() => string), look: () => Promise<T | undefined>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late(typeof missing === 'string' ? missing : missing())), PATIENCE);
    });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => this.#changed.add(resolve));
        const found = await look();
        if (found !== undefined) return found;
        await Promise.race([changed, tooLate]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #listen(events: AsyncIterator<MachineEvent | LostEvents>): Promise<void> {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      this.#telling.event(next.value);
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
