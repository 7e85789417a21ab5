import type { Duplex, Readable, Writable } from 'node:stream';
import { ApiClient } from '../api/client.ts';
import type { ClientOptions } from './answer.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { hex, Narrator } from './narrator.ts';

/** Ctrl-], as in telnet and in the field's own consoles. */
const ESCAPE = 0x1d;

export interface ConsoleCommandOptions extends ClientOptions {
  /** Seconds of silence after the end of a pipe. */
  linger: number;
  /** Not to end with its input. */
  stay?: boolean;
}

/**
 * A domain's console on this terminal, raw, until Ctrl-], or on these pipes, until what came on standard input is answered; in any
 * case until the domain ends or a signal comes.
 */
export async function consoleCommand(
  domain: string,
  { name, json = false, linger, stay = false }: ConsoleCommandOptions,
  lifetime: Lifetime,
): Promise<number> {
  const lingers = !stay && !isTerminal(process.stdin);
  const console = await new ApiClient({ name }).console(domain, lingers ? { linger } : {});
  const narrator = new Narrator({ json, quiet: false, stream: process.stderr });
  const ending = lifetime.endInOrder();
  const end = await converse(console, {
    input: process.stdin,
    output: process.stdout,
    ending,
    lingers,
    ...(json && { show: (data) => narrator.tell('console', { domain, data: hex(data) }, '') }),
    begin: (isRaw) =>
      narrator.tell('connected', { domain }, `the console of domain ${domain}${isRaw ? '; Ctrl-] leaves it' : ''}`),
  });
  const sentences = {
    ended: 'has ended',
    answered: 'is left at the end of its input',
    left: 'goes on without a listener',
  };
  narrator.tell('closed', { domain, why: end }, `the console of domain ${domain} ${sentences[end]}`);
  return 0;
}

/** A terminal's input that can be raw. */
export type Input = Readable & { isTTY?: boolean; setRawMode?(mode: boolean): unknown };

function isTerminal(input: Input): boolean {
  return input.isTTY === true && input.setRawMode !== undefined;
}

/** Why it is over: the domain ended it, all of the input is answered, or who listened has left. */
export type ConsoleEnd = 'ended' | 'answered' | 'left';

export interface Conversation {
  input: Input;
  output: Writable;
  /** Leaves when it fires. */
  ending: AbortSignal;
  /** Whether the console ends at the end of `input`, when that is answered. */
  lingers?: boolean;
  /** Takes what the domain writes, in place of `output`. */
  show?: (data: Buffer) => void;
  begin?: (isRaw: boolean) => void;
}

/** Bytes both ways, with the back-pressure of both. Rejects when the API goes away; the terminal is as before. */
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
    // What fails from here on has nobody to fail for.
    console.on('error', () => {});
    console.destroy();
  }
}

/** Resolves at the escape key, when the machine has what was typed before it. */
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
    // A terminal that hangs up leaves.
    input.once('end', () => resolve('left'));
  });
}

/** A pipe has no escape: its bytes may be anything. When it ends, the answers are still wanted, after which the console ends. */
function typedFromPipe(input: Readable, console: Duplex): Promise<never> {
  // One that cannot be read has come to its end.
  input.on('error', () => console.end());
  input.pipe(console);
  return new Promise(() => {});
}
