import { CtrlIfError } from '../errors.ts';
import type { Mistake, Path } from './schema.ts';

/** A value that somebody wrote, and where each part of it stands there. */
export interface Source {
  value: unknown;
  /** `web.toml:3`, `--memory`; for what is not there: the nearest that is around it. */
  where(path: Path): string;
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

  where(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const line = this.#lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return at(this.#source, line);
    }
    return this.#source;
  }
}

export function at(source: string, line: number): string {
  return `${source}:${line}`;
}

/** In one sentence; `mistakes` has all. */
const MAX_TOLD = 5;

/** The one error for what is wrong in a configuration: each mistake where it is, the first few of many. */
export function configError(mistakes: readonly Mistake[], { where }: Pick<Source, 'where'>): CtrlIfError {
  const told = mistakes.slice(0, MAX_TOLD).map(({ path, sentence }) => `${where(path)}: ${sentence}`);
  const more = mistakes.length - told.length;
  const { path: first, expected, received } = mistakes[0]!;
  const field = first.findLast((key) => typeof key === 'string');
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', told.join('; ') + (more > 0 ? `; and ${more} more, see mistakes` : ''), {
    subject: where(first),
    ...(typeof field === 'string' && { field }),
    expected,
    received,
    mistakes: mistakes.map(({ path, kind, sentence }) => ({ where: where(path), path, kind, message: sentence })),
  });
}

/** For a text that cannot be read at all. */
export function syntaxError(where: string, sentence: string, expected: string, cause?: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', `${where}: ${sentence}`, { subject: where, expected, cause });
}
