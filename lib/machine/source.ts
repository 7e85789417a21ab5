import { CtrlIfError, type CtrlIfErrorDetails } from '../errors.ts';
import type { Mistake, Path } from '../schema/mistake.ts';

/** A value from a file, flags or a request, with the place of each part of it. */
export interface Source {
  /** The value, not yet checked. */
  value: unknown;
  /** The place of the value at `path`: `web.toml:3`, `--memory`. For a missing value: the place of the nearest value around it. */
  locate(path: Path): string;
}

/** The line of each path that has one. */
export class Lines {
  readonly #lines = new Map<string, number>();
  readonly #source: string;

  /** @param source the name of the text: a file's path as it was given, or `the request` */
  constructor(source: string) {
    this.#source = source;
  }

  add(path: Path, line: number): void {
    const key = JSON.stringify(path);
    // The first line counts: the heading of a table comes before its keys.
    if (!this.#lines.has(key)) this.#lines.set(key, line);
  }

  locate(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const line = this.#lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return placeOf(this.#source, line);
    }
    return this.#source;
  }
}

export function placeOf(source: string, line: number): string {
  return `${source}:${line}`;
}

/** The most mistakes in the message. `mistakes` has all. */
const MAX_IN_MESSAGE = 5;

/** The error for the mistakes in a configuration. Its message has the place of each, for the first five. */
export function configError(mistakes: readonly Mistake[], { locate }: Pick<Source, 'locate'>): CtrlIfError {
  const { path, expected, received } = mistakes[0]!;
  const field = path.findLast((key) => typeof key === 'string');
  const unlocated = mistakes.map(({ path, kind, sentence }) => ({ path, kind, message: sentence }));
  return errorOf(unlocated, locate, { ...(field !== undefined && { field }), expected, received });
}

/**
 * Calls `action` with the unchecked value of `source`, and resolves with its result. `action` checks the value, as `Machine.create`
 * does.
 *
 * @throws the error of `action`. If it has `mistakes`, they and the message get their places in `source`.
 */
export async function located<Value, Result>(
  { value, locate }: Source,
  action: (value: Value) => Promise<Result>,
): Promise<Result> {
  try {
    return await action(value as Value);
  } catch (error) {
    if (!(error instanceof CtrlIfError) || error.mistakes === undefined) throw error;
    const { field, expected, received } = error;
    throw errorOf(error.mistakes, locate, {
      ...(field !== undefined && { field }),
      ...(expected && { expected }),
      received,
    });
  }
}

type Unlocated = Omit<NonNullable<CtrlIfErrorDetails['mistakes']>[number], 'where'>;

function errorOf(unlocated: readonly Unlocated[], locate: Source['locate'], details: CtrlIfErrorDetails): CtrlIfError {
  const mistakes = unlocated.map(({ path, kind, message }) => ({ where: locate(path), path, kind, message }));
  const first = mistakes.slice(0, MAX_IN_MESSAGE).map(({ where, message }) => `${where}: ${message}`);
  const more = mistakes.length - first.length;
  const sentence = first.join('; ') + (more > 0 ? `; and ${more} more, see mistakes` : '');
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', sentence, { ...details, subject: mistakes[0]!.where, mistakes });
}

/** The error for a text that cannot be parsed. */
export function syntaxError(place: string, sentence: string, expected: string, cause?: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', `${place}: ${sentence}`, { subject: place, expected, cause });
}
