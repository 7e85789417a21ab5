/** The common options of the API's clients, their wait and their output. */
import { Progress, writeJSON, writeLine } from './output.ts';

export interface ClientOptions {
  /** The name of the machine. */
  name: string;
  json?: boolean;
}

const SECOND = 1000;

/**
 * Settles as `work` does. On a terminal, a line with `awaited` and the time is shown from the first second on.
 *
 * @param awaited the domain and what it is to do, as in `domain web to end`
 */
export async function waitingFor<T>(awaited: string, work: Promise<T>): Promise<T> {
  const progress = new Progress(true);
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / SECOND);
  const timer = setInterval(() => progress.show(`waiting for ${awaited}, ${seconds()} s ...`), SECOND);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}

/** Prints a result as JSON or as lines. Resolves with the exit code. */
export async function printResult(
  json: boolean | undefined,
  result: unknown,
  lines: () => readonly string[],
): Promise<number> {
  if (json) await writeJSON(result);
  else for (const line of lines()) await writeLine(line);
  return 0;
}
