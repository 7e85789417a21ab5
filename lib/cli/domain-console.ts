import type { Duplex, Readable, Writable } from 'node:stream';
import { DoorClient } from '../door/client.ts';
import type { DoorOptions } from './answer.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { hex, Narrator } from './narrator.ts';

/** Ctrl-], as in telnet and in the field's own consoles. */
const ESCAPE = 0x1d;

/** A domain's console on this terminal, raw, or on these pipes, until the domain ends, Ctrl-] or a signal. */
export async function consoleCommand(
  domain: string,
  { name, json = false }: DoorOptions,
  lifetime: Lifetime,
): Promise<number> {
  const console = await new DoorClient({ name }).console(domain);
  const narrator = new Narrator({ json, quiet: false, stream: process.stderr });
  const ending = lifetime.endInOrder();
  const end = await converse(console, {
    input: process.stdin,
    output: process.stdout,
    ending,
    ...(json && { show: (data) => narrator.tell('console', { domain, data: hex(data) }, '') }),
    begin: (isRaw) =>
      narrator.tell('connected', { domain }, `the console of domain ${domain}${isRaw ? '; Ctrl-] leaves it' : ''}`),
  });
  const sentences = { ended: 'has ended', left: 'goes on without a listener' };
  narrator.tell('closed', { domain, why: end }, `the console of domain ${domain} ${sentences[end]}`);
  return 0;
}

/** A terminal's input that can be raw. */
export type Input = Readable & { isTTY?: boolean; setRawMode?(mode: boolean): unknown };

export interface Conversation {
  input: Input;
  output: Writable;
  /** Leaves when it fires. */
  ending: AbortSignal;
  /** Takes what the domain writes, in place of `output`. */
  show?: (data: Buffer) => void;
  begin?: (isRaw: boolean) => void;
}

/** Bytes both ways, with the back-pressure of both. Rejects when the door goes away; the terminal is as before. */
export async function converse(
  console: Duplex,
  { input, output, ending, show, begin }: Conversation,
): Promise<'ended' | 'left'> {
  const isRaw = input.isTTY === true && input.setRawMode !== undefined;
  if (isRaw) input.setRawMode!(true);
  try {
    begin?.(isRaw);
    const closed = new Promise<'ended'>((resolve, reject) => {
      console.once('error', reject);
      console.once('end', () => resolve('ended'));
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

/** Resolves at the escape key, when what was typed before it is with the door. */
async function typedUntilEscape(input: Readable, console: Duplex): Promise<'left'> {
  return new Promise((resolve) => {
    input.on('data', (chunk: Buffer) => {
      const at = chunk.indexOf(ESCAPE);
      if (at !== -1) {
        input.pause();
        console.write(chunk.subarray(0, at), () => resolve('left'));
      } else if (!console.write(chunk)) {
        input.pause();
        console.once('drain', () => input.resume());
      }
    });
    // A terminal that hangs up leaves.
    input.once('end', () => resolve('left'));
  });
}

/** A pipe has no escape: its bytes may be anything. When it ends, what the domain writes is still wanted. */
function typedFromPipe(input: Readable, console: Duplex): Promise<never> {
  input.on('error', () => {});
  input.pipe(console, { end: false });
  return new Promise(() => {});
}
