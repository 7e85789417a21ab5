import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';

/** The first mistake in a text. */
export interface TomlMistake {
  /** From 1. */
  readonly line: number;
  /** The mistake, as words that follow "this is not TOML: ". */
  readonly sentence: string;
  readonly cause: ParseError;
}

const UNFINISHED = 'this line is not finished: KEY = VALUE, [TABLE] and { ... } stand on one line each';
const UNCLOSED = 'what begins on this line is not closed: a bracket or three quotes are missing';
const KEY = /(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')/;
const KEY_VALUE = new RegExp(`^\\s*${KEY.source}(?:\\s*\\.\\s*${KEY.source})*\\s*=`);

/** The syntax tree of `text`, or the first mistake in it. */
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
 * Finds the line of a mistake. The parser reports the first token that does not fit. After an unfinished statement that token is on
 * a later line: for `memory =` it is the key of the next line, for a missing bracket or quote the end of the file.
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
  // A new statement shows that the text above was meant to be closed.
  if (!isAtEnd && !isStatement(lines[found - 1]!)) return as(found);
  for (let whole = found - 2; ; whole--) {
    const first = earlier(upTo(whole));
    if (first) return first;
    if (!(attempt(upTo(whole)) instanceof ParseError)) return as(whole + 1, UNCLOSED);
  }
}

/** A mistake within the unfinished `text`. The parser reports repeated keys after all other mistakes. */
function earlier(text: string): TomlMistake | undefined {
  const error = attempt(text);
  return error instanceof ParseError && error.index < text.trimEnd().length ? locate(text, error) : undefined;
}

/** Whether an array or a string continues after the last line of `text`. */
function mayBreak(text: string): boolean {
  // A bracket closes an array or is part of a string. Elsewhere it must not follow a line break.
  const closed = attempt(`${text}]`);
  return !(closed instanceof ParseError) || closed.index > text.length;
}

/** Whether a statement begins with that line. */
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
