import { type ChildProcess, spawn } from 'node:child_process';
import { CtrlIfError } from '../errors.ts';

export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it has said on standard error. */
  readonly lastWords: string;
}

/** What is kept of what a domain's process says on standard error, in characters. */
const LAST_WORDS = 2000;
/** Milliseconds that what a process has said may be on its way when it has ended. */
const LAST_WORDS_TIMEOUT = 100;

/**
 * The process that is a domain, and whatever that starts: a child of this one, started without a shell, that leads a process
 * group of its own. Ctrl-C in the machine's terminal does not reach it: the machine ends its domains itself.
 */
export class DomainProcess {
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  #lastWords = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid!;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        const tell = () => {
          clearTimeout(late);
          resolve({ exitCode, signal, lastWords: this.lastWords });
        };
        // Not for ever: a process of its own that outlives it may hold standard error open.
        const late = setTimeout(tell, LAST_WORDS_TIMEOUT);
        if (child.stderr!.readableEnded) tell();
        else child.stderr!.once('end', tell);
      });
    });
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_COMMAND` for a command that cannot be run */
  static start(command: readonly string[], env: NodeJS.ProcessEnv): Promise<DomainProcess> {
    const [program, ...args] = command as [string, ...string[]];
    return new Promise((resolve, reject) => {
      const refuse = (cause: NodeJS.ErrnoException) =>
        reject(
          new CtrlIfError(
            'ERR_CTRL_IF_COMMAND',
            `${JSON.stringify(program)} cannot be run (${cause.code ?? cause.message})`,
            { advice: 'give the path of a program, its arguments apart: there is no shell', subject: program, cause },
          ),
        );
      try {
        const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
        child.once('error', refuse);
        child.once('spawn', () => {
          child.off('error', refuse);
          // Of signals that cannot be sent, to a process that has gone.
          child.on('error', () => {});
          resolve(new DomainProcess(child));
        });
      } catch (cause) {
        // Node refuses some arguments itself, such as one with a NUL.
        refuse(cause as NodeJS.ErrnoException);
      }
    });
  }

  /** The end of what it has said on standard error so far. */
  get lastWords(): string {
    return this.#lastWords.trim();
  }

  /** With all of its group: where the command is a script, the guest is not the process that was started. */
  kill(): void {
    const { exitCode, signalCode } = this.#child;
    // From then on the number may be another's.
    if (exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      // It has ended, and that is on its way here.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
