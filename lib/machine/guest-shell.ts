import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

/** A command of the guest's shell. */
export interface ShellCommand {
  /** The arguments, for `help`: `CLASS [HANDLE]`. */
  readonly takes?: string;
  /** A few words for `help`. */
  readonly does: string;
  /** Returns the answer in lines. The message of an error that it throws is the answer, too. */
  run(...words: string[]): readonly string[] | Promise<readonly string[]>;
}

const LONGEST_LINE = 1024;
const ENTER = /[\r\n]/;
const ERASE = new Set(['\b', '\x7f']);
/** Ctrl-C abandons a line, Ctrl-U erases it. */
const ABANDON = '\x03';
const ERASE_LINE = '\x15';

/** A shell on the guest's console. It echoes its input and runs a few commands, one line after the other. */
export class GuestShell {
  readonly #console: Duplex;
  readonly #commands: Readonly<Record<string, ShellCommand>>;
  #line = '';
  #isRunning = false;
  /** Settles when the input that was read last is done. */
  #reading: Promise<void> | undefined;

  constructor(console: Duplex, commands: Readonly<Record<string, ShellCommand>>) {
    this.#console = console;
    this.#commands = { help: { does: 'this', run: () => this.#help() }, ...commands };
    this.#prompt();
    // A console fails when its link ends. Then there is no reader for its output.
    console.on('error', () => {});
    this.#read().catch(() => {});
  }

  /** Writes a line of the guest, and shows the unfinished line of the user again below it. */
  say(line: string): void {
    this.#write(`\r${line}\r\n`);
    if (!this.#isRunning) this.#prompt();
  }

  /** Resolves when all input so far is processed and its answers are written. */
  async atRest(): Promise<void> {
    do {
      await this.#reading;
      // Input that has arrived is read within one turn of the event loop.
      await turn();
    } while (this.#reading || this.#console.readableLength > 0);
  }

  /** Input that arrives while a command runs waits in the ring, which delays its sender. */
  async #read(): Promise<void> {
    for await (const typed of this.#console) {
      this.#reading = this.#typeAll((typed as Buffer).toString('latin1'));
      await this.#reading;
      this.#reading = undefined;
    }
  }

  async #typeAll(text: string): Promise<void> {
    for (const char of text) await this.#type(char);
  }

  async #type(char: string): Promise<void> {
    if (ENTER.test(char)) {
      this.#write('\r\n');
      const line = this.#line.trim();
      this.#line = '';
      this.#isRunning = true;
      await this.#run(line);
      this.#isRunning = false;
      this.#prompt();
    } else if (char === ABANDON) {
      this.#write('^C\r\n');
      this.#line = '';
      this.#prompt();
    } else if (char === ERASE_LINE) {
      this.#erase(this.#line.length);
    } else if (ERASE.has(char)) {
      this.#erase(1);
    } else if (char >= ' ' && this.#line.length < LONGEST_LINE) {
      this.#write(Buffer.from(char, 'latin1'));
      this.#line += char;
    }
  }

  #erase(count: number): void {
    const left = Math.max(0, this.#line.length - count);
    this.#write('\b \b'.repeat(this.#line.length - left));
    this.#line = this.#line.slice(0, left);
  }

  async #run(line: string): Promise<void> {
    const [name = '', ...words] = line.split(/ +/);
    const command = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    try {
      if (command) for (const answer of await command.run(...words)) this.#write(`${answer}\r\n`);
      else if (name !== '') this.#write(`${name}: not understood; try help\r\n`);
    } catch (error) {
      this.#write(`${name}: ${(error as Error).message}\r\n`);
    }
  }

  #help(): string[] {
    const usages = Object.entries(this.#commands).map(([name, { takes }]) => (takes ? `${name} ${takes}` : name));
    const width = Math.max(...usages.map(({ length }) => length));
    return Object.values(this.#commands).map(({ does }, i) => `${usages[i]!.padEnd(width)}  ${does}`);
  }

  #write(text: string | Buffer): void {
    // The console ends before the domain does.
    if (this.#console.writable) this.#console.write(text);
  }

  #prompt(): void {
    this.#write(Buffer.from(`$ ${this.#line}`, 'latin1'));
  }
}
