import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';

export interface TomlMistake {
  /** From 1. */
  readonly line: number;
  /** What is wrong there, to follow "this is not TOML: ". */
  readonly sentence: string;
  readonly cause: ParseError;
}

const UNFINISHED = 'this line is not finished: KEY = VALUE, [TABLE] and { ... } stand on one line each';
const UNCLOSED = 'what begins on this line is not closed: a bracket or three quotes are missing';
const KEY = /(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')/;
const KEY_VALUE = new RegExp(`^\\s*${KEY.source}(?:\\s*\\.\\s*${KEY.source})*\\s*=`);

/** The program that `text` is, or the first mistake in it. */
export function parseToml(text: string): AST.TOMLProgram | TomlMistake {
  const parsed = attempt(text);
  return parsed instanceof ParseError ? locate(text, parsed) : parsed;
}

function attempt(text: string): AST.TOMLProgram | ParseError {
  try {
    return parseTOML(text, { tomlVersion: '1.0' });
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
}

/**
 * The parser names the first token that cannot be, which is on a later line than the mistake where a statement is not finished:
 * `memory =` is found out at the key of the next line, and a missing bracket or quote at the end of the file.
 */
function locate(text: string, cause: ParseError): TomlMistake {
  const lines = text.split('\n');
  const upTo = (count: number) =>
    lines
      .slice(0, count)
      .map((line) => `${line}\n`)
      .join('');
  const found = cause.lineNumber;
  const as = (line: number, sentence = lowered(cause.message)): TomlMistake => ({ line, sentence, cause });

  const before = upTo(found - 1);
  const above = attempt(before);
  if (!(above instanceof ParseError)) return as(found);
  if (!mayBreak(before)) {
    const line = lastWritten(lines, found - 1);
    return earlier(upTo(line - 1)) ?? as(line, UNFINISHED);
  }
  const isAtEnd = cause.index >= text.trimEnd().length;
  // Who begins a new statement means to have closed what is above.
  if (!isAtEnd && !isStatement(lines[found - 1]!)) return as(found);
  for (let whole = found - 2; ; whole--) {
    const first = earlier(upTo(whole));
    if (first) return first;
    if (!(attempt(upTo(whole)) instanceof ParseError)) return as(whole + 1, UNCLOSED);
  }
}

/** A mistake within `text`, which may not be finished: keys that are there twice are found out after all others. */
function earlier(text: string): TomlMistake | undefined {
  const error = attempt(text);
  return error instanceof ParseError && error.index < text.trimEnd().length ? locate(text, error) : undefined;
}

/** Whether an array or a string goes on after the last line of `text`, which is no TOML by itself. */
function mayBreak(text: string): boolean {
  // A bracket closes an array and is part of a string; anywhere else it may not follow a line break.
  const closed = attempt(`${text}]`);
  return !(closed instanceof ParseError) || closed.index > text.length;
}

/** Whether a statement begins with that line, which may go on. */
function isStatement(line: string): boolean {
  return KEY_VALUE.test(line) || !(attempt(line) instanceof ParseError);
}

/** The last of the first `count` lines that is neither blank nor a comment. */
function lastWritten(lines: readonly string[], count: number): number {
  let line = count;
  while (line > 1 && isBlank(lines[line - 1]!)) line--;
  return line;
}

function isBlank(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
