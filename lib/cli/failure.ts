/** Errors as text for a terminal and as an exit code for scripts. */
import { type Command, CommanderError } from 'commander';
import { CtrlIfError } from '../errors.ts';
import { paint } from './output.ts';

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** A mistake in the command line. */
export class UsageError extends Error {}

export interface Explanation {
  text: string;
  exitCode: number;
}

/** @param commandName the first argument, which may be no command */
export function explain(error: unknown, program: Command, commandName: string | undefined): Explanation {
  if (error instanceof CommanderError || error instanceof UsageError) {
    // Without a command, commander has printed the help already.
    if (error instanceof CommanderError && error.code === 'commander.help') return { text: '', exitCode: EXIT_USAGE };
    const command = program.commands.find((known) => known.name() === commandName);
    const see = ['ctrl-if', ...(command ? [command.name()] : []), '--help'].join(' ');
    const what = error.message.replace(/^error: /, '').replace(/\.$/, '');
    return { text: errorLine(`${what.replaceAll('\n', ' ')}; see ${see}`, 'ERR_CTRL_IF_USAGE'), exitCode: EXIT_USAGE };
  }
  if (error instanceof CtrlIfError) {
    const text = sentence(error) + causeLine(error);
    return { text, exitCode: isUsage(error) ? EXIT_USAGE : EXIT_FAILED };
  }
  if (error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string') {
    return { text: errorLine(error.message, (error as NodeJS.ErrnoException).code!), exitCode: EXIT_FAILED };
  }
  const stack = error instanceof Error ? error.stack : String(error);
  return { text: `ctrl-if: this is a bug of ctrl-if, please report it:\n${stack}\n`, exitCode: EXIT_FAILED };
}

/** Several mistakes in a configuration are printed on a line each. */
function sentence({ message, code, mistakes = [] }: CtrlIfError): string {
  if (mistakes.length < 2) return errorLine(message, code);
  const lines = mistakes.map((mistake) => `  ${mistake.where}: ${mistake.message}\n`);
  return errorLine(`the configuration has ${mistakes.length} mistakes`, code) + lines.join('');
}

/** The form of every error: `ctrl-if: SENTENCE (CODE)`. */
export function errorLine(sentence: string, code: string): string {
  const { stderr } = process;
  return `${paint('red', 'ctrl-if:', stderr)} ${sentence.replace(/\.$/, '')} ${paint('dim', `(${code})`, stderr)}\n`;
}

/** Whether the user gave an invalid name, engine or configuration, by an option, the environment or a file. */
function isUsage({ code, expected }: CtrlIfError): boolean {
  return (
    code === 'ERR_CTRL_IF_NAME' ||
    code === 'ERR_CTRL_IF_CONFIG' ||
    (code === 'ERR_CTRL_IF_ENGINE' && expected !== undefined)
  );
}

/** Causes that the message of a missing controller or machine already has. */
const NOT_LISTENING: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED'];

function causeLine({ message, cause }: CtrlIfError): string {
  if (!(cause instanceof Error) || NOT_LISTENING.includes((cause as NodeJS.ErrnoException).code)) return '';
  const first = firstLine(cause);
  return message.includes(first) ? '' : `  cause: ${first}\n`;
}

export function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n')[0]!;
}
