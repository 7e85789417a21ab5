import { type ChildProcess, spawn } from 'node:child_process';
import { CtrlIfError } from '../errors.ts';

/** The end of a process: its exit code or the signal that ended it. */
export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last 2000 characters of its standard error. */
  readonly lastWords: string;
}

/** The characters of a process's standard error that are kept. */
const LAST_WORDS = 2000;
/** Milliseconds to wait, after a process has exited, for the rest of its standard error. */
const LAST_WORDS_TIMEOUT = 100;

/**
 * The process of a domain, with the processes that it starts. It is a child of this process, runs without a shell and leads a
 * process group of its own. Ctrl-C in the machine's terminal does not reach it, so the machine ends its domains itself.
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
        const report = () => {
          clearTimeout(late);
          resolve({ exitCode, signal, lastWords: this.lastWords });
        };
        // With a limit, because a child that outlives the process may hold standard error open.
        const late = setTimeout(report, LAST_WORDS_TIMEOUT);
        if (child.stderr!.readableEnded) report();
        else child.stderr!.once('end', report);
      });
    });
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_COMMAND` if the command cannot be run */
  static start(command: readonly string[], env: NodeJS.ProcessEnv): Promise<DomainProcess> {
    const [program, ...args] = command as [string, ...string[]];
    return new Promise((resolve, reject) => {
      const refuse = (cause: NodeJS.ErrnoException) =>
        reject(
          new CtrlIfError(
            'ERR_CTRL_IF_COMMAND',
            `${JSON.stringify(program)} cannot be run (${cause.code ?? cause.message})`,
            {
              advice: 'give the path of a program and its arguments as separate strings: there is no shell',
              subject: program,
              cause,
            },
          ),
        );
      try {
        const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
        child.once('error', refuse);
        child.once('spawn', () => {
          child.off('error', refuse);
          // Node emits an error for a signal to a process that has ended.
          child.on('error', () => {});
          resolve(new DomainProcess(child));
        });
      } catch (cause) {
        // Node throws for some arguments, such as one with a NUL.
        refuse(cause as NodeJS.ErrnoException);
      }
    });
  }

  /** The end of its standard error so far. */
  get lastWords(): string {
    return this.#lastWords.trim();
  }

  /** Ends the whole process group by SIGKILL: if the command is a script, the guest is a child of the process. */
  kill(): void {
    const { exitCode, signalCode } = this.#child;
    // The number of a process that has ended may belong to another.
    if (exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      // The process has ended, and its event has not arrived yet.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
