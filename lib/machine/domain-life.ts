import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Domain } from '../domain/domain.ts';
import { writeDomainEnvironment } from '../domain/domain-environment.ts';
import { awaitConnection } from './await-connection.ts';
import { FRAMES_PER_MIB, type ResolvedConfig } from './config.ts';
import { DomainProcess, type ProcessExit } from './domain-process.ts';

/** Nothing is told after {@link DomainLife.end}. */
export interface DomainLifeEvents {
  /** Its process runs. */
  spawned: [];
  connected: [Domain];
  /** Its link has ended. */
  closed: [];
  /** The process of one that had connected has ended. */
  exited: [ProcessExit];
  /** Its process has not ended in the time that {@link DomainLife.limitExit} gives it. */
  stuck: [];
}

/** Milliseconds that a process whose link is closed has to exit. */
const EXIT_TIMEOUT = 5_000;
/** Milliseconds after a process's exit in which the close of its socket is awaited. */
const HANG_UP_TIMEOUT = 1_000;

/** One life of a domain: a process, and its link while that is connected. */
export class DomainLife extends EventEmitter<DomainLifeEvents> {
  readonly #config: ResolvedConfig;
  #token: string | undefined = randomBytes(16).toString('hex');
  #process: DomainProcess | undefined;
  #link: Domain | undefined;
  #closed: Promise<void> | undefined;
  #exitLimit: NodeJS.Timeout | undefined;

  constructor(config: ResolvedConfig) {
    super();
    this.#config = config;
  }

  /** By which its guest is known, until it has connected. */
  get token(): string | undefined {
    return this.#token;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get link(): Domain | undefined {
    return this.#link;
  }

  /**
   * Starts its process; resolves with its link. When it fails, the process has ended.
   *
   * @param controller the name of the controller that it connects to
   * @throws CtrlIfError `ERR_CTRL_IF_COMMAND` where it cannot be run or ends before, `ERR_CTRL_IF_TIMEOUT` where it does not connect
   */
  async start(command: readonly string[], controller: string): Promise<Domain> {
    const connected = new Promise<Domain>((resolve) => this.once('connected', resolve));
    try {
      this.#process = await DomainProcess.start(command, environmentOf(this.#config, controller, this.#token!));
      this.emit('spawned');
      return await awaitConnection(this.#config.name, this.#process, connected);
    } catch (error) {
      // One that connects now is nobody's.
      this.#token = undefined;
      this.kill();
      await this.#process?.exited;
      throw error;
    }
  }

  /** Its guest has connected. */
  connect(link: Domain): void {
    this.#token = undefined;
    this.#link = link;
    this.#closed = new Promise((resolve) => {
      link.once('close', () => {
        this.emit('closed');
        resolve();
      });
    });
    void this.#process!.exited.then((exit) => this.emit('exited', exit));
    this.emit('connected', link);
  }

  /** Ends its process, where it runs. */
  kill(): void {
    this.#process?.kill();
  }

  limitExit(): void {
    this.#exitLimit = setTimeout(() => this.emit('stuck'), EXIT_TIMEOUT);
  }

  /** Its process has ended: resolves when its link is closed too. */
  async end(): Promise<void> {
    clearTimeout(this.#exitLimit);
    await this.#hangUp();
    await this.#link?.close();
    this.removeAllListeners();
  }

  /** Its socket closes with its process, which tells callers that it died. A child of its own may still hold that socket. */
  async #hangUp(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, HANG_UP_TIMEOUT);
    });
    await Promise.race([this.#closed, late]);
    clearTimeout(timer);
  }
}

function environmentOf(config: ResolvedConfig, controller: string, token: string): NodeJS.ProcessEnv {
  const { name, memory, maxMemory, vcpus, driver } = config;
  const domain = { name, frames: memory * FRAMES_PER_MIB, maximumFrames: maxMemory * FRAMES_PER_MIB, vcpus, driver };
  return { ...process.env, ...writeDomainEnvironment(controller, token, domain) };
}
