import { EventEmitter } from 'node:events';
import type { Clock } from '../device/clock.ts';
import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import type { ResolvedConfig } from './check-config.ts';
import { ConsoleHistory } from './console-history.ts';
import type { DomainDevices } from './domain-devices.ts';
import { domainEnvironment, REBOOT_EXIT_CODE } from './domain-environment.ts';
import { DomainProcess, type ProcessExit } from './domain-process.ts';
import type { DomainEnd, DomainState, ShutdownOptions } from './operations.ts';
import { restartIn } from './restart-policy.ts';

export interface DomainEvents {
  state: [DomainState];
  /** One life is over; a restart may follow. */
  ended: [DomainEnd];
  /** It is over for good. */
  gone: [DomainEnd];
}

export interface DomainSurroundings {
  readonly controller: string;
  readonly clock: Clock;
  readonly devices: DomainDevices;
  readonly command: readonly string[];
}

/** Milliseconds that a new process has to connect, and one whose link is closed to exit. */
const CONNECT_TIMEOUT = 20_000;
const EXIT_TIMEOUT = 5_000;
const SECOND = 1_000_000;

/** One domain of a machine, from its first start to its last end. */
export class ManagedDomain extends EventEmitter<DomainEvents> {
  readonly config: ResolvedConfig;
  readonly devices: DomainDevices;
  readonly console = new ConsoleHistory();
  /** By VCPU, whether it is on. */
  vcpus: boolean[] = [];
  restarts = 0;
  /** Milliseconds since the epoch. */
  started: number | undefined;
  token: string | undefined;
  readonly #with: DomainSurroundings;
  #state: DomainState = 'starting';
  #link: Domain | undefined;
  #process: DomainProcess | undefined;
  #asked: ShutdownOptions['reason'] | undefined;
  #isDestroyed = false;
  #hasEnded: DomainEnd | undefined;
  #arrived: (link: Domain) => void = () => {};
  #onSuspended: () => void = () => {};
  #cancelDeadline: () => void = () => {};
  #cancelRestart: () => void = () => {};

  constructor(config: ResolvedConfig, surroundings: DomainSurroundings) {
    super();
    this.config = config;
    this.devices = surroundings.devices;
    this.#with = surroundings;
    // As many as wait for it.
    this.setMaxListeners(0);
  }

  get state(): DomainState {
    return this.#state;
  }

  /** While it is connected. */
  get link(): Domain | undefined {
    return this.#link;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts its process for the first time; resolves when that has connected. When it fails the domain is gone.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_COMMAND` where it cannot be run or ends before, `_TIMEOUT` where it does not connect
   */
  async create(): Promise<void> {
    try {
      await this.#start();
      // It has none yet, and from now on they know whose they are.
      await this.devices.replay(this.#link!.domid);
    } catch (error) {
      this.#gone(this.#end({ exitCode: null, signal: null }));
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.#enter('starting');
    const { command = this.#with.command } = this.config;
    const { env, token } = domainEnvironment(this.#with.controller, this.config);
    this.token = token;
    this.#asked = undefined;
    const arrival = new Promise<Domain>((resolve) => {
      this.#arrived = resolve;
    });
    const child = await DomainProcess.start(command, env);
    this.#process = child;
    // Destroyed when there was no process to end yet.
    if (this.#isDestroyed) child.kill();
    let late: NodeJS.Timeout | undefined;
    try {
      const link = await Promise.race([
        arrival,
        child.exited.then((exit) => {
          throw this.#endedEarly(exit, child);
        }),
        new Promise<never>((_, reject) => {
          late = setTimeout(() => reject(this.#late(child)), CONNECT_TIMEOUT);
        }),
      ]);
      void this.#live(link, child);
    } catch (error) {
      child.kill();
      await child.exited;
      this.#process = undefined;
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** Its process has connected: called before any message of the link's can come. */
  connected(link: Domain): void {
    this.token = undefined;
    this.#link = link;
    this.started = Date.now();
    this.vcpus = new Array(this.config.vcpus).fill(true);
    this.console.connect(link.console);
    link.side.answer('suspended', () => {
      this.#onSuspended();
      return {};
    });
    this.#enter('running');
    this.#arrived(link);
  }

  /** Asks it to end or to suspend; resolves when it has. */
  async shutdown({ reason, timeout = this.config.shutdownSeconds }: ShutdownOptions): Promise<DomainEnd> {
    const link = this.running();
    this.#enter('shutting-down');
    this.#asked = reason;
    const over = reason === 'suspend' ? Promise.race([this.#ended(), this.#suspended()]) : this.#ended();
    if (timeout > 0) this.#cancelDeadline = this.#with.clock.after(timeout * SECOND, () => void this.destroy());
    // One that dies before it answers has ended as well.
    link.shutdown(reason).catch(() => {});
    const end = await over;
    this.#cancelDeadline();
    return end;
  }

  /** Its devices come back, and it goes on. */
  async resume(): Promise<void> {
    const link = this.#link;
    if (this.#state !== 'suspended' || !link) throw this.wrongState('suspended');
    await this.devices.replay(link.domid);
    await link.side.ask('resume', {});
    this.#asked = undefined;
    this.#enter('running');
  }

  /** Takes it away at once, and for good. */
  async destroy(): Promise<DomainEnd> {
    this.#isDestroyed = true;
    if (this.#hasEnded) return this.#hasEnded;
    this.#cancelDeadline();
    this.#cancelRestart();
    if (this.#state === 'waiting') {
      const end = this.#end({ exitCode: null, signal: null });
      this.#gone(end);
      return end;
    }
    const ended = this.#ended();
    this.#process?.kill();
    return ended;
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` unless it runs */
  running(): Domain {
    if (this.#state === 'running' && this.#link) return this.#link;
    throw this.wrongState('running');
  }

  wrongState(expected: DomainState): CtrlIfError {
    return new CtrlIfError(
      'ERR_CTRL_IF_DOMAIN_STATE',
      `domain ${this.config.name} is ${this.#state}, and would have to be ${expected} for that`,
      { subject: this.config.name, expected, received: this.#state },
    );
  }

  /** One life, from the connection to the next start. */
  async #live(link: Domain, child: DomainProcess): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      link.once('close', () => resolve());
    });
    await Promise.race([closed, child.exited]);
    this.#enter('dying');
    const late = setTimeout(() => child.kill(), EXIT_TIMEOUT);
    const exit = await child.exited;
    clearTimeout(late);
    await link.close();
    await this.devices.lose(link.domid);
    this.#cancelDeadline();
    this.#link = undefined;
    this.#process = undefined;
    const end = this.#end(exit);
    const since = (Date.now() - (this.started ?? 0)) / 1000;
    const seconds = this.#isDestroyed ? undefined : restartIn(this.config, end.how, since);
    if (seconds === undefined) {
      this.#gone(end);
      return;
    }
    this.#enter('waiting');
    this.emit('ended', end);
    this.#cancelRestart = this.#with.clock.after(seconds * SECOND, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    this.restarts++;
    try {
      await this.#start();
    } catch {
      this.#gone(this.#end({ exitCode: null, signal: null }));
      return;
    }
    // A backend that refuses what it had before does not keep the domain from running.
    await this.devices.replay(this.#link!.domid).catch(() => {});
  }

  #gone(end: DomainEnd): void {
    this.#hasEnded = end;
    this.devices.forget();
    this.console.end();
    this.emit('ended', end);
    this.emit('gone', end);
  }

  #end({ exitCode, signal }: ProcessExit): DomainEnd {
    return { name: this.config.name, how: this.#how(exitCode), exitCode, signal };
  }

  #how(exitCode: number | null): DomainEnd['how'] {
    if (this.#isDestroyed) return 'destroyed';
    if (exitCode === REBOOT_EXIT_CODE) return 'reboot';
    if (exitCode !== 0) return 'crash';
    return this.#asked === 'reboot' ? 'reboot' : 'poweroff';
  }

  #ended(): Promise<DomainEnd> {
    return new Promise((resolve) => this.once('ended', resolve));
  }

  /** The guest has said so; now its backends let go. */
  async #suspended(): Promise<DomainEnd> {
    await new Promise<void>((resolve) => {
      this.#onSuspended = resolve;
    });
    this.#onSuspended = () => {};
    this.#cancelDeadline();
    await this.devices.release();
    this.#enter('suspended');
    return { name: this.config.name, how: 'suspend' };
  }

  #enter(state: DomainState): void {
    this.#state = state;
    this.emit('state', state);
  }

  #endedEarly({ exitCode, signal }: ProcessExit, { lastWords }: DomainProcess): CtrlIfError {
    const how = signal ? `was ended by ${signal}` : `exited with ${exitCode}`;
    const said = lastWords ? `: ${lastWords}` : '';
    return new CtrlIfError(
      'ERR_CTRL_IF_COMMAND',
      `the command of domain ${this.config.name} ${how} before it connected${said}; it must connect to the controller that CTRL_IF_NAME names`,
      { subject: this.config.name, expected: 'a guest that connects', received: how },
    );
  }

  #late({ lastWords }: DomainProcess): CtrlIfError {
    const said = lastWords ? `; it said: ${lastWords}` : '';
    return new CtrlIfError(
      'ERR_CTRL_IF_TIMEOUT',
      `the command of domain ${this.config.name} has not connected within ${CONNECT_TIMEOUT / 1000} s and was ended${said}`,
      { subject: this.config.name },
    );
  }
}
