import type { Duplex } from 'node:stream';

export interface ShellActions {
  devices(): readonly string[];
  exit(): void;
}

const HELP =
  'help     this\r\nuptime   seconds since this domain began\r\ndevices  what its frontends have\r\nexit     power off';
const LONGEST_LINE = 1024;
const ENTER = /[\r\n]/;
const ERASE = new Set(['\b', '\x7f']);

/** A shell on the guest's console: what is typed is echoed, and a few words are understood. */
export class GuestShell {
  readonly #console: Duplex;
  readonly #actions: ShellActions;
  #line = '';

  constructor(console: Duplex, actions: ShellActions) {
    this.#console = console;
    this.#actions = actions;
    // Written to a link that has ended: nobody is there to read it.
    console.on('error', () => {});
    console.on('data', (typed: Buffer) => {
      for (const char of typed.toString('latin1')) this.#type(char);
    });
    this.#prompt();
  }

  /** A line of the guest's own, in between. */
  say(line: string): void {
    this.#write(`\r${line}\r\n`);
    this.#prompt();
  }

  #type(char: string): void {
    if (ENTER.test(char)) {
      this.#write('\r\n');
      this.#run(this.#line.trim());
      this.#line = '';
      this.#prompt();
    } else if (ERASE.has(char)) {
      if (this.#line !== '') this.#write('\b \b');
      this.#line = this.#line.slice(0, -1);
    } else if (this.#line.length < LONGEST_LINE) {
      this.#write(Buffer.from(char, 'latin1'));
      this.#line += char;
    }
  }

  #run(command: string): void {
    const answer = this.#answer(command);
    if (answer !== '') this.#write(`${answer}\r\n`);
  }

  #answer(command: string): string {
    switch (command) {
      case '':
        return '';
      case 'help':
        return HELP;
      case 'uptime':
        return `${process.uptime().toFixed(1)} s`;
      case 'devices':
        return this.#actions.devices().join('\r\n') || 'none';
      case 'exit':
        this.#write('powering off\r\n');
        this.#actions.exit();
        return '';
      default:
        return `${command}: not understood; try help`;
    }
  }

  #write(text: string | Buffer): void {
    // Whoever ends this domain has ended its console first.
    if (this.#console.writable) this.#console.write(text);
  }

  #prompt(): void {
    this.#write('$ ');
  }
}
