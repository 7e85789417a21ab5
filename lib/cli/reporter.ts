/** Reports the events of a command: sentences for people, or one JSON object a line for programs. */
import type { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from '../link/codec.ts';
import { type MessageInput, seedCodec } from '../wire/index.ts';
import { errorLine } from './failure.ts';
import { paint, writeJSON } from './output.ts';

export interface ReporterOptions {
  json: boolean;
  /** Received messages are not reported. */
  quiet: boolean;
  /** The stream of the sentences. JSON always goes to stdout. */
  stream: NodeJS.WriteStream;
}

export class Reporter {
  readonly #options: ReporterOptions;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  report(event: string, details: object, sentence: string): void {
    if (this.#options.json) void writeJSON({ event, ...details });
    else this.#options.stream.write(`${sentence}\n`);
  }

  message(domid: number, message: AnyMessage, id: number): void {
    const { quiet, stream } = this.#options;
    if (quiet) return;
    const { name, id: _, ...fields } = seedCodec.toJSON(message as MessageInput, id);
    this.report(
      'message',
      { domid, message: { name, id, ...fields } },
      `domain ${domid} ${paint('cyan', name, stream)} ${JSON.stringify(fields)}`,
    );
  }

  /** Reports an error after which the process goes on. */
  failure(event: string, details: object, { code, message }: CtrlIfError): void {
    if (this.#options.json) void writeJSON({ event, ...details, error: { code, message } });
    else process.stderr.write(errorLine(message, code));
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
