import { EventEmitter } from 'node:events';
import type { Clock } from '../device/clock.ts';
import { type Performer, SyncStateMachine } from '../device/table.ts';
import type { Domain } from '../domain/domain.ts';
import type { CtrlIfError } from '../errors.ts';
import type { ResolvedConfig } from './config.ts';
import { ConsoleHistory } from './console-history.ts';
import type { DomainDevices } from './domain-devices.ts';
import { domainEnd, howEnded, withoutProcess } from './domain-end.ts';
import { destroyedEarly, notSuspended, wrongState } from './domain-errors.ts';
import { DomainLife } from './domain-life.ts';
import type { ProcessExit } from './domain-process.ts';
import {
  DOMAIN,
  LIFECYCLE_STATES,
  type LifecycleAction,
  type LifecycleEvent,
  type LifecycleNotice,
  type LifecycleState,
} from './domain-table.ts';
import type { DomainEnd, DomainState, ShutdownOptions } from './operations.ts';
import { PendingShutdown } from './pending-shutdown.ts';
import { restartIn } from './restart-policy.ts';
import { Suspension } from './suspension.ts';

export interface DomainEvents {
  state: [DomainState];
  /** One life is over; a restart may follow. */
  ended: [DomainEnd];
  /** The domain has ended for good. */
  gone: [DomainEnd];
  /** The domain runs again, but one of its devices could not be attached. */
  lacking: [unknown];
}

export interface DomainContext {
  readonly controller: string;
  readonly clock: Clock;
  readonly devices: DomainDevices;
  readonly command: readonly string[];
}

/** The details of an event. */
interface LifecycleInput {
  readonly link?: Domain;
  readonly exit?: ProcessExit;
  readonly end?: DomainEnd;
  /** Until the next start. */
  readonly seconds?: number;
  readonly shutdown?: PendingShutdown;
  readonly error?: unknown;
  /** The work that an action has started, for a caller that waits for its end. */
  work?: Promise<void>;
}

const SECOND = 1_000_000;

/** One domain of a machine, from its first start to its last end. Its table is in docs/domains.md. */
export class ManagedDomain extends EventEmitter<DomainEvents> {
  readonly config: ResolvedConfig;
  readonly devices: DomainDevices;
  readonly console: ConsoleHistory;
  /** By VCPU, whether it is on. */
  vcpus: boolean[] = [];
  restarts = 0;
  /** Milliseconds since the epoch; undefined before it has connected for the first time. */
  started: number | undefined;
  readonly #context: DomainContext;
  readonly #suspension: Suspension;
  readonly #machine: SyncStateMachine<LifecycleState, LifecycleEvent, LifecycleAction, LifecycleNotice, LifecycleInput>;
  #life: DomainLife | undefined;
  /** The start of that life by the clock, in microseconds. */
  #began = 0;
  /** The call that asked this life to end or to suspend. */
  #shutdown: PendingShutdown | undefined;
  #cancelRestart: () => void = () => {};
  /** Defined when the domain is gone. */
  #lastEnd: DomainEnd | undefined;

  constructor(config: ResolvedConfig, context: DomainContext) {
    super();
    this.config = config;
    this.devices = context.devices;
    this.#context = context;
    this.console = new ConsoleHistory(context.clock);
    this.#suspension = new Suspension(this.devices, (event, error) => this.#fire(event, { error }));
    this.#machine = new SyncStateMachine(DOMAIN, this.#performer);
    // Any number of callers may wait for the domain.
    this.setMaxListeners(0);
  }

  get state(): DomainState {
    return LIFECYCLE_STATES[this.#machine.state][0];
  }

  /** The secret by which its guest is recognized. Undefined unless a start is under way. */
  get token(): string | undefined {
    return this.#life?.token;
  }

  /** Undefined unless the domain is connected. */
  get link(): Domain | undefined {
    return this.#life?.link;
  }

  get pid(): number | undefined {
    return this.#life?.pid;
  }

  /**
   * Starts its process for the first time. Resolves when the guest has connected. If this rejects, the domain is gone.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_COMMAND` if the command cannot be run or ends too early, `_TIMEOUT` if the guest does not connect
   *   within 20 s, `_DOMAIN_STATE` if the domain is destroyed before
   */
  async create(): Promise<void> {
    await this.#fire('start').work;
  }

  /** Its guest has connected. Called before the first message of the link. */
  connected(link: Domain): void {
    this.#fire('connected', { link });
  }

  /**
   * Asks the domain to end or to suspend. Resolves when it has. A domain that does not end in time is destroyed. A domain that does
   * not suspend in time continues to run (PROTOCOL.md 2.13).
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` unless it runs, `ERR_CTRL_IF_TIMEOUT` if it does not suspend in time
   */
  async shutdown({ reason, timeout = this.config.shutdownSeconds }: ShutdownOptions): Promise<DomainEnd> {
    const shutdown = new PendingShutdown(reason, timeout);
    this.#fire(reason === 'suspend' ? 'suspend' : 'end', { shutdown });
    return shutdown.outcome;
  }

  /**
   * Attaches the domain's devices again and lets its guest resume.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` unless it is suspended, `ERR_CTRL_IF_DEVICE_REFUSED` if a device cannot be attached;
   *   then the domain stays suspended, and the call may be repeated
   */
  async resume(): Promise<void> {
    await this.#fire('resume').work;
    await this.devices.connected();
  }

  /** Destroys the domain at once. It is not started again. */
  async destroy(): Promise<DomainEnd> {
    const ended = new Promise<DomainEnd>((resolve) => this.once('ended', resolve));
    this.#fire('destroy', { end: domainEnd(this.config.name, withoutProcess(), 'destroyed') });
    return this.#lastEnd ?? ended;
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` unless it runs */
  running(): Domain {
    if (this.state === 'running' && this.link) return this.link;
    throw this.wrongState('running');
  }

  wrongState(expected: DomainState): CtrlIfError {
    return wrongState(this.config.name, expected, this.state);
  }

  #fire(event: LifecycleEvent, input: LifecycleInput = {}): LifecycleInput {
    this.#machine.fire(event, input);
    return input;
  }

  get #performer(): Performer<LifecycleAction, LifecycleNotice, LifecycleInput> {
    const expect = (state: DomainState) => () => {
      throw this.wrongState(state);
    };
    const notices: { readonly [N in LifecycleNotice]: (input: LifecycleInput) => void } = {
      state: () => this.emit('state', this.state),
      // A guest that dies before it answers has ended, too.
      shutdown: () => this.link!.shutdown(this.#shutdown!.reason).catch(() => {}),
      suspended: () => this.#takeShutdown()?.resolve({ name: this.config.name, how: 'suspend' }),
      notSuspended: ({ error }) => this.#takeShutdown()?.reject(error),
      ended: ({ end }) => this.#ended(end!),
      gone: ({ end }) => this.#gone(end!),
    };
    return {
      do: {
        start: (input) => {
          input.work = this.#start();
        },
        restart: () => {
          this.restarts++;
          // `ended` reports the failure to watchers.
          this.#start().catch(() => {});
        },
        adopt: ({ link }) => this.#adopt(link!),
        kill: () => this.#life!.kill(),
        setDeadline: ({ shutdown }) => this.#setDeadline(shutdown!),
        cancelDeadline: () => this.#shutdown?.cancelDeadline(),
        release: (input) => {
          input.work = this.#suspension.release();
        },
        goOn: () => this.link!.controlSocket.ask('resume', {}).catch(() => {}),
        resume: (input) => {
          input.work = this.#suspension.resume(this.link!);
        },
        joinResume: (input) => {
          input.work = this.#suspension.resuming;
        },
        limitExit: () => this.#life!.limitExit(),
        clear: ({ exit }) => void this.#clear(this.#life!, exit!),
        setRestart: ({ seconds }) => {
          this.#cancelRestart = this.#context.clock.after(seconds! * SECOND, () => this.#fire('due'));
        },
        cancelRestart: () => this.#cancelRestart(),
        expectRunning: expect('running'),
        expectSuspended: expect('suspended'),
      },
      emit: (notice, input) => notices[notice](input),
    };
  }

  /** @throws as {@link create}. Then this life has ended. */
  async #start(): Promise<void> {
    const { domid } = await this.#connect();
    // The domain runs also if a backend refuses one of its devices.
    await this.devices.replay(domid).catch((error) => this.emit('lacking', error));
  }

  async #connect(): Promise<Domain> {
    const { name, command = this.#context.command } = this.config;
    this.#began = this.#context.clock.now();
    const life = new DomainLife(this.config);
    this.#life = life;
    life.on('spawned', () => this.#fire('spawned'));
    life.on('closed', () => this.#fire('closed'));
    life.on('exited', (exit) => this.#fire('exited', { exit }));
    life.on('stuck', () => this.#fire('stuck'));
    try {
      return await life.start(command, this.#context.controller);
    } catch (cause) {
      const error = this.#isDestroyed ? destroyedEarly(name, cause) : cause;
      this.#lifeEnded(withoutProcess(error as Error));
      throw error;
    }
  }

  #adopt(link: Domain): void {
    this.started = Date.now();
    this.vcpus = new Array(this.config.vcpus).fill(true);
    this.console.connect(link.console, () => link.controlSocket.ask('console-answered', {}));
    link.controlSocket.answer('suspended', async () => {
      if (this.link === link) await this.#fire('atRest').work;
    });
    this.#life!.connect(link);
  }

  #setDeadline(shutdown: PendingShutdown): void {
    this.#shutdown = shutdown;
    const error = () => notSuspended(this.config.name, shutdown.timeout);
    shutdown.setDeadline(this.#context.clock, () => this.#fire('late', { error: error() }));
  }

  #takeShutdown(): PendingShutdown | undefined {
    const shutdown = this.#shutdown;
    this.#shutdown = undefined;
    return shutdown;
  }

  async #clear(life: DomainLife, exit: ProcessExit): Promise<void> {
    await life.end();
    await this.devices.lifeEnded(life.link!.domid);
    this.#lifeEnded(exit);
  }

  /** A life has ended, or its start has failed. The restart policy decides whether another follows. */
  #lifeEnded(exit: ProcessExit): void {
    this.#life = undefined;
    const how = this.#isDestroyed ? 'destroyed' : howEnded(exit.exitCode, this.#shutdown?.reason);
    const end = domainEnd(this.config.name, exit, how);
    const lasted = (this.#context.clock.now() - this.#began) / SECOND;
    // A first start that fails is not repeated.
    const seconds = this.started === undefined ? undefined : restartIn(this.config, how, lasted);
    if (seconds === undefined) this.#fire('finished', { end });
    else this.#fire('restartable', { end, seconds });
  }

  get #isDestroyed(): boolean {
    return this.#machine.state === 'ABORTED' || this.#machine.state === 'DESTROYED';
  }

  #ended(end: DomainEnd): void {
    this.emit('ended', end);
    this.#takeShutdown()?.resolve(end);
  }

  #gone(end: DomainEnd): void {
    this.#lastEnd = end;
    this.devices.domainGone();
    this.console.end();
    this.#ended(end);
    this.emit('gone', end);
  }
}
