import type { Duplex, Readable, Writable } from 'node:stream';
import { ApiClient } from '../api/client.ts';
import type { ClientOptions } from './answer.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { hex, Reporter } from './reporter.ts';

/** Ctrl-], as in telnet and xm console. */
const ESCAPE = 0x1d;

export interface ConsoleCommandOptions extends ClientOptions {
  /** Seconds to wait for output after the end of standard input. */
  linger: number;
  /** Do not end at the end of standard input. */
  stay?: boolean;
}

/**
 * Connects a domain's console to standard input and output. A terminal is raw, and Ctrl-] leaves. With a pipe the command ends
 * when the domain has answered all input. It also ends with the domain and at a signal.
 */
export async function consoleCommand(
  domain: string,
  { name, json = false, linger, stay = false }: ConsoleCommandOptions,
  lifetime: Lifetime,
): Promise<number> {
  const lingers = !stay && !isTerminal(process.stdin);
  const console = await new ApiClient({ name }).console(domain, lingers ? { linger } : {});
  const reporter = new Reporter({ json, quiet: false, stream: process.stderr });
  const ending = lifetime.endInOrder();
  const end = await converse(console, {
    input: process.stdin,
    output: process.stdout,
    ending,
    lingers,
    ...(json && { show: (data) => reporter.report('console', { domain, data: hex(data) }, '') }),
    begin: (isRaw) =>
      reporter.report('connected', { domain }, `the console of domain ${domain}${isRaw ? '; Ctrl-] leaves it' : ''}`),
  });
  const sentences = {
    ended: 'has ended',
    answered: 'was closed at the end of the input',
    left: 'was closed; the domain runs on',
  };
  reporter.report('closed', { domain, why: end }, `the console of domain ${domain} ${sentences[end]}`);
  return 0;
}

/** Standard input, which may be a terminal. */
export type Input = Readable & { isTTY?: boolean; setRawMode?(mode: boolean): unknown };

function isTerminal(input: Input): boolean {
  return input.isTTY === true && input.setRawMode !== undefined;
}

/** Why a console was closed: the domain ended, all input was answered, or the user left. */
export type ConsoleEnd = 'ended' | 'answered' | 'left';

export interface Conversation {
  input: Input;
  output: Writable;
  /** Closes the console when it fires. */
  ending: AbortSignal;
  /** Whether the console closes when all of `input` is answered. */
  lingers?: boolean;
  /** Receives the output of the domain in place of `output`. */
  show?: (data: Buffer) => void;
  begin?: (isRaw: boolean) => void;
}

/**
 * Copies bytes both ways with back-pressure, and restores the terminal at the end. Rejects when the connection to the API
 * fails.
 */
export async function converse(
  console: Duplex,
  { input, output, ending, lingers = false, show, begin }: Conversation,
): Promise<ConsoleEnd> {
  const isRaw = isTerminal(input);
  if (isRaw) input.setRawMode!(true);
  try {
    begin?.(isRaw);
    const closed = new Promise<ConsoleEnd>((resolve, reject) => {
      console.once('error', reject);
      console.once('end', () => resolve(lingers && input.readableEnded ? 'answered' : 'ended'));
    });
    if (show) console.on('data', show);
    else console.pipe(output, { end: false });
    const escaped = isRaw ? typedUntilEscape(input, console) : typedFromPipe(input, console);
    return await Promise.race([closed, escaped, fired(ending).then(() => 'left' as const)]);
  } finally {
    if (isRaw) input.setRawMode!(false);
    input.unpipe(console);
    input.pause();
    console.unpipe(output);
    // The result is decided, so later errors do not matter.
    console.on('error', () => {});
    console.destroy();
  }
}

/** Resolves at the escape key, after all input before it is written. */
async function typedUntilEscape(input: Readable, console: Duplex): Promise<'left'> {
  return new Promise((resolve) => {
    input.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf(ESCAPE);
      if (end !== -1) {
        input.pause();
        console.write(chunk.subarray(0, end), () => resolve('left'));
      } else if (!console.write(chunk)) {
        input.pause();
        console.once('drain', () => input.resume());
      }
    });
    // The terminal hung up.
    input.once('end', () => resolve('left'));
  });
}

/** A pipe has no escape key, as its bytes may have any value. At its end, the machine closes the console after the answers. */
function typedFromPipe(input: Readable, console: Duplex): Promise<never> {
  // A read error counts as the end of the input.
  input.on('error', () => console.end());
  input.pipe(console);
  return new Promise(() => {});
}
