/** What `controller` and `guest` tell of their life: sentences for people, one JSON object a line for programs. */
import type { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from '../link/codec.ts';
import { type MessageInput, seedCodec } from '../wire/index.ts';
import { errorLine } from './failure.ts';
import { paint, writeJSON } from './output.ts';

export interface NarratorOptions {
  json: boolean;
  /** Leaves out the messages received. */
  quiet: boolean;
  /** Where the sentences go. JSON goes to stdout always. */
  stream: NodeJS.WriteStream;
}

export class Narrator {
  readonly #options: NarratorOptions;

  constructor(options: NarratorOptions) {
    this.#options = options;
  }

  tell(event: string, details: object, sentence: string): void {
    if (this.#options.json) void writeJSON({ event, ...details });
    else this.#options.stream.write(`${sentence}\n`);
  }

  message(domid: number, message: AnyMessage, id: number): void {
    const { quiet, stream } = this.#options;
    if (quiet) return;
    const { name, id: _, ...fields } = seedCodec.toJSON(message as MessageInput, id);
    this.tell(
      'message',
      { domid, message: { name, id, ...fields } },
      `domain ${domid} ${paint('cyan', name, stream)} ${JSON.stringify(fields)}`,
    );
  }

  /** Something failed and the process goes on. */
  trouble(event: string, details: object, { code, message }: CtrlIfError): void {
    if (this.#options.json) void writeJSON({ event, ...details, error: { code, message } });
    else process.stderr.write(errorLine(message, code));
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
