import { CtrlIfError } from '../errors.ts';
import { linesOf } from '../lines.ts';
import { EXIT_FAILED, errorLine, UsageError } from './failure.ts';
import { write } from './output.ts';

/** In bytes. No message is longer, in JSON or in hexadecimal digits. */
const LONGEST_LINE = 1024 * 1024;

/** Prints one line for each argument or, without arguments, for each line on stdin. */
export interface Translation {
  /** The name of the input, for the error when no input is given. */
  takes: string;
  translate(text: string): string;
}

/**
 * Translates all inputs in order. One that fails is reported on stderr with its number, and the rest goes on.
 *
 * @returns the exit code
 */
export async function translateAll(args: readonly string[], { takes, translate }: Translation): Promise<number> {
  let failed = false;
  let number = 0;
  const take = async (texts: readonly string[], unit: string) => {
    let output = '';
    for (const text of texts) {
      number++;
      if (unit === 'line' && text.trim() === '') continue;
      try {
        output += `${translate(text.trim())}\n`;
      } catch (error) {
        if (!(error instanceof CtrlIfError)) throw error;
        // On a terminal, the error must follow the lines before it.
        await write(output);
        output = '';
        process.stderr.write(errorLine(`${unit} ${number}: ${error.message}`, error.code));
        failed = true;
      }
    }
    if (output) await write(output);
  };

  if (args.length > 0) {
    await take(args, 'argument');
  } else {
    if (process.stdin.isTTY) throw new UsageError(`give ${takes} as arguments, or one a line on standard input`);
    const options = { limit: LONGEST_LINE, tooLong: 'ERR_CTRL_IF_VALUE', lastMayLackNewline: true } as const;
    for await (const lines of linesOf(process.stdin, options)) await take(lines, 'line');
  }
  return failed ? EXIT_FAILED : 0;
}
