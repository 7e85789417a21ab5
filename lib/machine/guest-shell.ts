import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

export interface ShellCommand {
  /** What follows its name: `CLASS [HANDLE]`. */
  readonly takes?: string;
  /** For `help`, a few words. */
  readonly does: string;
  /** What it answers, in lines; what it throws is told as a line. */
  run(...words: string[]): readonly string[] | Promise<readonly string[]>;
}

const LONGEST_LINE = 1024;
const ENTER = /[\r\n]/;
const ERASE = new Set(['\b', '\x7f']);
/** Ctrl-C gives a line up, Ctrl-U takes it back. */
const GIVE_UP = '\x03';
const TAKE_BACK = '\x15';

/** A shell on the guest's console: what is typed is echoed, and a few words are understood; one line after the other. */
export class GuestShell {
  readonly #console: Duplex;
  readonly #commands: Readonly<Record<string, ShellCommand>>;
  #line = '';
  #isRunning = false;
  /** What is being read, until it is done. */
  #reading: Promise<void> | undefined;

  constructor(console: Duplex, commands: Readonly<Record<string, ShellCommand>>) {
    this.#console = console;
    this.#commands = { help: { does: 'this', run: () => this.#help() }, ...commands };
    this.#prompt();
    // One that fails has ended with its link: nobody is there to read what is written to it.
    console.on('error', () => {});
    this.#read().catch(() => {});
  }

  /** A line of the guest's own, in between: what has been typed so far is shown again below it. */
  say(line: string): void {
    this.#write(`\r${line}\r\n`);
    if (!this.#isRunning) this.#prompt();
  }

  /** Resolves when everything that has come so far is done, and its answers are written. */
  async atRest(): Promise<void> {
    do {
      await this.#reading;
      // What has come is taken up within a turn.
      await turn();
    } while (this.#reading || this.#console.readableLength > 0);
  }

  /** What is typed while a command runs waits in the ring, and its sender with it. */
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
    } else if (char === GIVE_UP) {
      this.#write('^C\r\n');
      this.#line = '';
      this.#prompt();
    } else if (char === TAKE_BACK) {
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
    // Whoever ends this domain has ended its console first.
    if (this.#console.writable) this.#console.write(text);
  }

  #prompt(): void {
    this.#write(Buffer.from(`$ ${this.#line}`, 'latin1'));
  }
}
