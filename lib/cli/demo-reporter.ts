/** The output of the demo: a line a step or a line a message for people, JSON for programs. */
import type { LostEvents, MachineEvent } from '../machine/operations.ts';
import { Progress, paint, wrapped, writeJSON, writeLine } from './output.ts';
import type { Step, ScenarioReporter } from './scenario.ts';
import { lostLine, type Timeline } from './timeline.ts';

/** Messages shown before a failed step. */
const TAIL = 20;
/** Columns before the title of a step. */
const MARGIN = 17;

export class JSONReporter implements ScenarioReporter {
  event(event: MachineEvent | LostEvents): void {
    void writeJSON({ event });
  }

  stepBegan(): void {}

  stepEnded(step: Step): void {
    void writeJSON({ step });
  }
}

export interface TextReporterOptions {
  timeline: Timeline;
  /** Whether each message is shown when it is sent. */
  messages: boolean;
  print?: (line: string) => void;
}

/** A line a step. The messages are shown on demand, and the last of them after a failed step. */
export class TextReporter implements ScenarioReporter {
  readonly #timeline: Timeline;
  readonly #messages: boolean;
  readonly #print: (line: string) => void;
  readonly #progress: Progress;
  readonly #tail: string[] = [];

  constructor({ timeline, messages, print = (line) => void writeLine(line) }: TextReporterOptions) {
    this.#timeline = timeline;
    this.#messages = messages;
    this.#print = print;
    this.#progress = new Progress(!messages);
  }

  event(event: MachineEvent | LostEvents): void {
    // The timeline needs every event, also one that is not shown: it learns the names of domains.
    const line = event.kind === 'lost' ? paint('red', lostLine(event.count)) : this.#timeline.line(event);
    if (this.#messages) this.#print(line);
    else if (this.#tail.push(line) > TAIL) this.#tail.shift();
  }

  stepBegan(title: string): void {
    if (this.#messages) this.#print(`\n${paint('bold', title)}`);
    else this.#progress.show(`${' '.repeat(MARGIN)}${title} ...`);
  }

  stepEnded({ title, happened, detail, milliseconds }: Step): void {
    this.#progress.clear();
    const [mark, style] = happened ? (['ok', 'green'] as const) : (['FAILED', 'red'] as const);
    const [first = '', ...more] = wrapped(`${title}: ${detail}`, MARGIN);
    const time = `${milliseconds.toFixed(0)} ms`.padStart(MARGIN - 8);
    this.#print(`${paint(style, mark.padEnd(6))}${time}  ${first.slice(MARGIN)}`);
    for (const line of more) this.#print(line);
    if (happened || this.#messages) return;
    this.#print('');
    this.#print(`the last ${this.#tail.length} messages before that, the newest last:`);
    for (const line of this.#tail) this.#print(line);
  }
}
