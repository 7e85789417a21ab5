import { LineSplitter } from '../lines.ts';

/** Milliseconds after which an unfinished line, such as a prompt, is shown. */
const PROMPT_PAUSE = 100;
/** A longer line is cut here. */
const LONGEST_LINE = 4096;

/** Splits one guest's console into lines, because several guests share one terminal. */
export class ConsoleLines {
  readonly #lines = new LineSplitter(LONGEST_LINE);
  readonly #show: (line: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  take(chunk: Buffer): void {
    clearTimeout(this.#timer);
    const lines = this.#lines;
    lines.push(chunk);
    const next = () => lines.next() ?? (lines.isTooLong ? lines.take() : undefined);
    for (let line = next(); line !== undefined; line = next()) this.#show(visible(line));
    if (lines.hasBegun) this.#timer = setTimeout(() => this.#showBegun(), PROMPT_PAUSE);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#showBegun(true);
  }

  #showBegun(isOver = false): void {
    const line = this.#lines.take(isOver);
    if (line !== '') this.#show(visible(line));
  }
}

/** Escapes control characters: the text of a guest must not move the cursor or change colours of the terminal. */
function visible(line: string): string {
  return line.replace(/^\r+|\r+$/g, '').replace(/[^\P{Cc}\t]/gu, (control) => {
    return `\\x${control.codePointAt(0)!.toString(16).padStart(2, '0')}`;
  });
}
