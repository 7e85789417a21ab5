import { CtrlIfError, type CtrlIfErrorDetails } from '../errors.ts';
import type { Mistake, Path } from '../schema/mistake.ts';

/** A value that somebody wrote, and where each part of it stands there. */
export interface Source {
  value: unknown;
  /** `web.toml:3`, `--memory`; for what is not there: the nearest that is around it. */
  locate(path: Path): string;
}

/** The line of each path that has one. */
export class Lines {
  readonly #lines = new Map<string, number>();
  readonly #source: string;

  /** `source` is what the lines belong to: a file's path as it was given, or `the request`. */
  constructor(source: string) {
    this.#source = source;
  }

  add(path: Path, line: number): void {
    const key = JSON.stringify(path);
    // The first is where the reader looks: a table's own heading before the keys in it.
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

/** In one sentence; `mistakes` has all. */
const MAX_TOLD = 5;

/** The one error for what is wrong in a configuration: each mistake where it is, the first few of many. */
export function configError(mistakes: readonly Mistake[], { locate }: Pick<Source, 'locate'>): CtrlIfError {
  const { path, expected, received } = mistakes[0]!;
  const field = path.findLast((key) => typeof key === 'string');
  const told = mistakes.map(({ path, kind, sentence }) => ({ path, kind, message: sentence }));
  return errorOf(told, locate, { ...(field !== undefined && { field }), expected, received });
}

/**
 * Gives the value of `source`, which nobody has checked, to `action`, which checks it. Mistakes that it finds are told with their
 * place in `source`.
 *
 * @throws what `action` throws; of an `ERR_CTRL_IF_CONFIG` with `mistakes`, the same with other places
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

type Told = Omit<NonNullable<CtrlIfErrorDetails['mistakes']>[number], 'where'>;

function errorOf(told: readonly Told[], locate: Source['locate'], details: CtrlIfErrorDetails): CtrlIfError {
  const mistakes = told.map(({ path, kind, message }) => ({ where: locate(path), path, kind, message }));
  const first = mistakes.slice(0, MAX_TOLD).map(({ where, message }) => `${where}: ${message}`);
  const more = mistakes.length - first.length;
  const sentence = first.join('; ') + (more > 0 ? `; and ${more} more, see mistakes` : '');
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', sentence, { ...details, subject: mistakes[0]!.where, mistakes });
}

/** For a text that cannot be read at all. */
export function syntaxError(place: string, sentence: string, expected: string, cause?: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', `${place}: ${sentence}`, { subject: place, expected, cause });
}
