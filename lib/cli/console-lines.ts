import { StringDecoder } from 'node:string_decoder';

/** A prompt has no newline; it is shown when nothing has followed it for this long, in milliseconds. */
const PROMPT_PAUSE = 100;
/** A guest that never ends its line gets it ended. */
const MAX_LINE = 4096;

/** Cuts one guest's console into whole lines, since the lines of several guests share one terminal. */
export class ConsoleLines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #show: (line: string) => void;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  take(chunk: Buffer): void {
    clearTimeout(this.#timer);
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#show(visible(line));
    if (this.#rest.length > MAX_LINE) this.flush();
    else if (this.#rest !== '') this.#timer = setTimeout(() => this.flush(), PROMPT_PAUSE);
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#rest === '') return;
    this.#show(visible(this.#rest));
    this.#rest = '';
  }
}

/** A guest is not trusted with the controller's terminal: what would move its cursor or recolour it is spelled out. */
function visible(line: string): string {
  return line.replace(/^\r+|\r+$/g, '').replace(/[^\P{Cc}\t]/gu, (control) => {
    return `\\x${control.codePointAt(0)!.toString(16).padStart(2, '0')}`;
  });
}
