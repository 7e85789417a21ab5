import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Domain } from '../domain/domain.ts';
import { writeDomainEnvironment } from '../domain/domain-environment.ts';
import { awaitConnection } from './await-connection.ts';
import { FRAMES_PER_MIB, type ResolvedConfig } from './config.ts';
import { DomainProcess, type ProcessExit } from './domain-process.ts';

/** No event comes after {@link DomainLife.end}. */
export interface DomainLifeEvents {
  /** Its process runs. */
  spawned: [];
  connected: [Domain];
  /** Its link has ended. */
  closed: [];
  /** Its process has ended, after it had connected. */
  exited: [ProcessExit];
  /** Its process has not ended in the time of {@link DomainLife.limitExit}. */
  stuck: [];
}

/** Milliseconds that a process has to exit after its link has closed. */
const EXIT_TIMEOUT = 5_000;
/** Milliseconds to wait for the close of a socket after its process has exited. */
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

  /** The secret by which the guest of this life is recognized. Undefined when it has connected. */
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
   * Starts its process. Resolves with its link. If this rejects, the process has ended.
   *
   * @param controller the name of the controller to connect to
   * @throws CtrlIfError `ERR_CTRL_IF_COMMAND` if the command cannot be run or ends too early, `ERR_CTRL_IF_TIMEOUT` if the process
   *   does not connect within 20 s
   */
  async start(command: readonly string[], controller: string): Promise<Domain> {
    const connected = new Promise<Domain>((resolve) => this.once('connected', resolve));
    try {
      this.#process = await DomainProcess.start(command, environmentOf(this.#config, controller, this.#token!));
      this.emit('spawned');
      return await awaitConnection(this.#config.name, this.#process, connected);
    } catch (error) {
      // A guest that connects now is refused.
      this.#token = undefined;
      this.kill();
      await this.#process?.exited;
      throw error;
    }
  }

  /** The guest of this life has connected. */
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

  /** Ends its process by SIGKILL, if it runs. */
  kill(): void {
    this.#process?.kill();
  }

  /** Emits `stuck` in 5 s, unless the life has ended by then. */
  limitExit(): void {
    this.#exitLimit = setTimeout(() => this.emit('stuck'), EXIT_TIMEOUT);
  }

  /** Its process has ended. Resolves when its link is closed too. */
  async end(): Promise<void> {
    clearTimeout(this.#exitLimit);
    await this.#hangUp();
    await this.#link?.close();
    this.removeAllListeners();
  }

  /** Waits for the close of the socket, by which callers learn that the domain died. A child of the process may hold it open. */
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
