/** What every client of the API takes, and how it says what came. */
import { Progress, writeJSON, writeLine } from './output.ts';

export interface ClientOptions {
  /** The machine's. */
  name: string;
  json?: boolean;
}

const SECOND = 1000;

/** `work`; on a terminal, a line of what is waited for and how long, from the first second on. */
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

/** Prints a result in the form that is wanted. Resolves with the exit code. */
export async function tell(
  json: boolean | undefined,
  result: unknown,
  lines: () => readonly string[],
): Promise<number> {
  if (json) await writeJSON(result);
  else for (const line of lines()) await writeLine(line);
  return 0;
}
