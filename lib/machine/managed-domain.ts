import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '../device/clock.ts';
import type { Domain } from '../domain/domain.ts';
import { REBOOT_EXIT_CODE, writeDomainEnvironment } from '../domain/domain-environment.ts';
import { CtrlIfError } from '../errors.ts';
import { awaitConnection } from './await-connection.ts';
import { FRAMES_PER_MIB, type ResolvedConfig } from './config.ts';
import { ConsoleHistory } from './console-history.ts';
import type { DomainDevices } from './domain-devices.ts';
import { DomainProcess, type ProcessExit } from './domain-process.ts';
import type { DomainEnd, DomainState, ShutdownOptions } from './operations.ts';
import { restartIn } from './restart-policy.ts';

export interface DomainEvents {
  state: [DomainState];
  /** One life is over; a restart may follow. */
  ended: [DomainEnd];
  /** It is over for good. */
  gone: [DomainEnd];
  /** It runs again, without a device that it had. */
  lacking: [unknown];
}

export interface DomainSurroundings {
  readonly controller: string;
  readonly clock: Clock;
  readonly devices: DomainDevices;
  readonly command: readonly string[];
}

/** Milliseconds that a process whose link is closed has to exit. */
const EXIT_TIMEOUT = 5_000;
const SECOND = 1_000_000;
/** Of a life that has not begun. */
const NO_PROCESS: ProcessExit = { exitCode: null, signal: null, lastWords: '' };

/** One domain of a machine, from its first start to its last end. */
export class ManagedDomain extends EventEmitter<DomainEvents> {
  readonly config: ResolvedConfig;
  readonly devices: DomainDevices;
  readonly console: ConsoleHistory;
  /** By VCPU, whether it is on. */
  vcpus: boolean[] = [];
  restarts = 0;
  /** Milliseconds since the epoch. */
  started: number | undefined;
  token: string | undefined;
  readonly #with: DomainSurroundings;
  #state: DomainState = 'starting';
  /** Of this life, by the clock. */
  #began = 0;
  #link: Domain | undefined;
  #process: DomainProcess | undefined;
  #asked: ShutdownOptions['reason'] | undefined;
  #isDestroyed = false;
  #hasEnded: DomainEnd | undefined;
  #arrived: (link: Domain) => void = () => {};
  /** Whoever waits for it to be suspended: it is, or why not. */
  #onSuspended: (error?: unknown) => void = () => {};
  #cancelDeadline: () => void = () => {};
  #cancelRestart: () => void = () => {};

  constructor(config: ResolvedConfig, surroundings: DomainSurroundings) {
    super();
    this.config = config;
    this.devices = surroundings.devices;
    this.#with = surroundings;
    this.console = new ConsoleHistory(surroundings.clock);
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
   * @throws CtrlIfError `ERR_CTRL_IF_COMMAND` where it cannot be run or ends before, `_TIMEOUT` where it does not connect,
   *   `_DOMAIN_STATE` where it was destroyed before it had
   */
  async create(): Promise<void> {
    try {
      await this.#start();
      // It has none yet, and from now on they know whose they are.
      await this.devices.replay(this.#link!.domid);
    } catch (error) {
      this.#gone(this.#end(notStarted(error)));
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.#enter('starting');
    this.#began = this.#with.clock.now();
    const { command = this.#with.command } = this.config;
    this.token = randomBytes(16).toString('hex');
    const env = environmentOf(this.config, this.#with.controller, this.token);
    this.#asked = undefined;
    const connected = new Promise<Domain>((resolve) => {
      this.#arrived = resolve;
    });
    const child = await DomainProcess.start(command, env);
    this.#process = child;
    // Destroyed when there was no process to end yet.
    if (this.#isDestroyed) child.kill();
    try {
      void this.#live(await awaitConnection(this.config.name, child, connected), child);
    } catch (error) {
      // One that comes yet is nobody's.
      this.token = undefined;
      child.kill();
      await child.exited;
      this.#process = undefined;
      throw this.#isDestroyed ? this.#destroyedEarly(error) : error;
    }
  }

  /** Its process has connected: called before any message of the link's can come. */
  connected(link: Domain): void {
    this.token = undefined;
    this.#link = link;
    this.started = Date.now();
    this.vcpus = new Array(this.config.vcpus).fill(true);
    this.console.connect(link.console, () => link.controlSocket.ask('console-answered', {}));
    link.controlSocket.answer('suspended', () => this.#rest(link));
    this.#enter('running');
    this.#arrived(link);
  }

  /**
   * Asks it to end or to suspend; resolves when it has. One that does not end in time is destroyed; one that does not suspend
   * in time runs on (PROTOCOL.md 2.13).
   *
   * @throws CtrlIfError `ERR_CTRL_IF_TIMEOUT` where it has not suspended
   */
  async shutdown({ reason, timeout = this.config.shutdownSeconds }: ShutdownOptions): Promise<DomainEnd> {
    const link = this.running();
    this.#enter('shutting-down');
    this.#asked = reason;
    const isSuspend = reason === 'suspend';
    const over = isSuspend ? Promise.race([this.#ended(), this.#suspended()]) : this.#ended();
    const late = () => (isSuspend ? this.#runOn(this.#notSuspended(timeout)) : void this.destroy());
    const cancelDeadline = timeout > 0 ? this.#with.clock.after(timeout * SECOND, late) : () => {};
    this.#cancelDeadline = cancelDeadline;
    // One that dies before it answers has ended as well.
    link.shutdown(reason).catch(() => {});
    try {
      return await over;
    } finally {
      // Its own: another may have been asked for since.
      cancelDeadline();
    }
  }

  /**
   * Its devices come back, and it goes on.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` where one cannot; then it stays suspended, and this may be tried again
   */
  async resume(): Promise<void> {
    const link = this.#link;
    if (this.#state !== 'suspended' || !link) throw this.wrongState('suspended');
    try {
      await this.devices.replay(link.domid);
    } catch (error) {
      // As suspended as it was: its backends hold nothing.
      await this.devices.release();
      throw error;
    }
    await link.controlSocket.ask('resume', {});
    this.#asked = undefined;
    this.#enter('running');
    await this.devices.connected();
  }

  /** Takes it away at once, and for good. */
  async destroy(): Promise<DomainEnd> {
    this.#isDestroyed = true;
    if (this.#hasEnded) return this.#hasEnded;
    this.#cancelDeadline();
    this.#cancelRestart();
    if (this.#state === 'waiting') {
      const end = this.#end(NO_PROCESS);
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
    this.#over(exit);
  }

  async #restart(): Promise<void> {
    this.restarts++;
    try {
      await this.#start();
    } catch (error) {
      // The next one may: the machine was busy, or its program was just being replaced.
      this.#over(notStarted(error));
      return;
    }
    // A backend that refuses what it had before does not keep the domain from running.
    await this.devices.replay(this.#link!.domid).catch((error) => this.emit('lacking', error));
  }

  /** A life is over: another follows in its time, or none. */
  #over(exit: ProcessExit): void {
    const end = this.#end(exit);
    const seconds = restartIn(this.config, end.how, (this.#with.clock.now() - this.#began) / SECOND);
    if (seconds === undefined) {
      this.#gone(end);
      return;
    }
    this.#cancelRestart = this.#with.clock.after(seconds * SECOND, () => void this.#restart());
    this.#enter('waiting');
    this.emit('ended', end);
  }

  #gone(end: DomainEnd): void {
    this.#hasEnded = end;
    this.devices.forget();
    this.console.end();
    this.emit('ended', end);
    this.emit('gone', end);
  }

  #end({ exitCode, signal, lastWords }: ProcessExit): DomainEnd {
    const how = this.#how(exitCode);
    return { name: this.config.name, how, exitCode, signal, ...(how === 'crash' && lastWords && { lastWords }) };
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

  #suspended(): Promise<DomainEnd> {
    return new Promise((resolve, reject) => {
      this.#onSuspended = (error) => (error ? reject(error) : resolve({ name: this.config.name, how: 'suspend' }));
    });
  }

  /** The guest has said that it is at rest, asked or of its own accord; now its backends let go. */
  async #rest(link: Domain): Promise<void> {
    if (this.#asked === 'poweroff' || this.#asked === 'reboot') {
      // It was asked to end before it had suspended, and does so when it goes on.
      link.controlSocket.ask('resume', {}).catch(() => {});
      return;
    }
    this.#cancelDeadline();
    try {
      await this.devices.release();
    } catch (error) {
      this.#runOn(error);
      throw error;
    }
    // It may have died meanwhile.
    if (this.#link !== link || this.#state === 'dying') return;
    this.#enter('suspended');
    this.#onSuspended();
  }

  /** It was asked to suspend, and has not. */
  #runOn(error: unknown): void {
    this.#asked = undefined;
    if (this.#state === 'shutting-down') this.#enter('running');
    this.#onSuspended(error);
  }

  #enter(state: DomainState): void {
    this.#state = state;
    this.emit('state', state);
  }

  #destroyedEarly(cause: unknown): CtrlIfError {
    const { name } = this.config;
    return new CtrlIfError(
      'ERR_CTRL_IF_DOMAIN_STATE',
      `domain ${name} was destroyed before it had connected; nothing of it is left, and the name is free`,
      { subject: name, expected: 'running', received: 'destroyed', cause },
    );
  }

  #notSuspended(seconds: number): CtrlIfError {
    return new CtrlIfError(
      'ERR_CTRL_IF_TIMEOUT',
      `domain ${this.config.name} has not suspended within ${seconds} s and runs on; its guest must follow SHUTDOWN_SUSPEND and say that it has (guest.suspended)`,
      { subject: this.config.name, expected: 'a domain that suspends', received: this.#state },
    );
  }
}

/** A life that has not come about, and why. */
function notStarted(error: unknown): ProcessExit {
  return { ...NO_PROCESS, lastWords: (error as Error).message };
}

function environmentOf(config: ResolvedConfig, controller: string, token: string): NodeJS.ProcessEnv {
  const { name, memory, maxMemory, vcpus, driver } = config;
  const domain = { name, frames: memory * FRAMES_PER_MIB, maximumFrames: maxMemory * FRAMES_PER_MIB, vcpus, driver };
  return { ...process.env, ...writeDomainEnvironment(controller, token, domain) };
}
