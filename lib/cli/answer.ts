/** What every client of the door takes, and how it says what came. */
import { writeJSON, writeLine } from './output.ts';

export interface DoorOptions {
  /** The machine's. */
  name: string;
  json?: boolean;
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

/** For what has no result. */
export function done(json: boolean | undefined, sentence: string): Promise<number> {
  return tell(json, { done: true }, () => [sentence]);
}
