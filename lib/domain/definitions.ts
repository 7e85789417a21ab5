import { createHash } from 'node:crypto';
import type { CtrlIfError } from '../errors.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { describe, type MessageDescription, messageNumber } from '../wire/description.ts';
import { MAX_LINE_BYTES } from './connection.ts';
import { type Difference, definitionError, differenceOf } from './definition-difference.ts';
import { handshakeError, readLine } from './handshake.ts';

/** The line with which the controller asks a guest for its definitions, when the fingerprints differ. */
export const DESCRIBE = { describe: true };

/** The most bytes of a guest's definitions. 40,000 messages have fewer. */
const MAX_DESCRIPTION_BYTES = 16 * 1024 * 1024;

/** A line with the description of a message ({@link describe}), or with its digest when it is too long. */
type DescriptionLine = MessageDescription | { type: number; subtype: number; digest: string };

/** The messages that the user of one side has defined, for the comparison with the other side. All sides have the seed's messages. */
export class Definitions {
  /** In order of type and subtype. */
  readonly #messages: readonly MessageDescription[];
  /** Equal for equal definitions in any order; undefined without definitions. */
  readonly fingerprint: string | undefined;

  constructor(definitions: readonly MessageDefinition[]) {
    this.#messages = definitions.map(describe).sort((a, b) => messageNumber(a) - messageNumber(b));
    this.fingerprint = this.#messages.length === 0 ? undefined : digest(this.#messages);
  }

  /** One line for each message, then `{"defined":COUNT}`. */
  *lines(): Iterable<object> {
    for (const message of this.#messages) yield { define: shortened(message) };
    yield { defined: this.#messages.length };
  }

  /** A comparison with a guest of that fingerprint; undefined when there is nothing to compare. */
  compareWith(fingerprint: string | undefined): DefinitionComparison | undefined {
    const alike = fingerprint === undefined || this.fingerprint === undefined || fingerprint === this.fingerprint;
    return alike ? undefined : new DefinitionComparison(this.#messages);
  }
}

/**
 * Compares a controller's definitions with those of a guest, line by line. It compares the messages that both have, by type and subtype
 * or by name. It keeps only the first difference, so its memory is bounded.
 */
export class DefinitionComparison {
  readonly #byNumber: ReadonlyMap<number, MessageDescription>;
  readonly #byName: ReadonlyMap<string, MessageDescription>;
  #first: { number: number; difference: Difference } | undefined;
  #lastNumber = -1;
  #count = 0;
  #bytes = 0;

  constructor(own: readonly MessageDescription[]) {
    this.#byNumber = new Map(own.map((message) => [messageNumber(message), message]));
    this.#byName = new Map(own.map((message) => [message.name, message]));
  }

  /** The error with which to refuse the guest; undefined without a difference. */
  get error(): CtrlIfError | undefined {
    return this.#first && definitionError(this.#first.difference);
  }

  /**
   * Takes the next line of the guest. Returns whether it was the last.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` when the line is wrong
   */
  take(line: Record<string, unknown>): boolean {
    if (Object.hasOwn(line, 'defined')) {
      const { defined } = readLine('defined', line);
      if (defined === this.#count) return true;
      throw handshakeError('counts its definitions wrongly', `${this.#count} definitions`, defined);
    }
    const { define: message } = readLine(isDigest(line) ? 'digest' : 'definition', line);
    const number = messageNumber(message);
    if (number <= this.#lastNumber) throw handshakeError('described its messages out of order', 'a higher type', line);
    this.#bytes += JSON.stringify(line).length;
    if (this.#bytes > MAX_DESCRIPTION_BYTES)
      throw handshakeError('described too much', `at most ${MAX_DESCRIPTION_BYTES} bytes`, this.#bytes);
    this.#lastNumber = number;
    this.#count++;
    this.#compare(message, number);
    return false;
  }

  #compare(message: DescriptionLine, number: number): void {
    const sameNumber = this.#byNumber.get(number);
    if ('digest' in message) {
      if (sameNumber && digest(sameNumber) !== message.digest)
        this.#note(number, { message: sameNumber.name, text: 'its description is too long to show the difference' });
      return;
    }
    const own = this.#byName.get(message.name) ?? sameNumber;
    const difference = own && differenceOf(own, message);
    if (difference) this.#note(Math.min(number, messageNumber(own)), difference);
  }

  #note(number: number, difference: Difference): void {
    if (!this.#first || number < this.#first.number) this.#first = { number, difference };
  }
}

function digest(described: unknown): string {
  return createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 16);
}

/** The description, or its digest when the description is too long for a line. */
function shortened(message: MessageDescription): DescriptionLine {
  const { type, subtype } = message;
  const isShort = Buffer.byteLength(JSON.stringify(message)) < MAX_LINE_BYTES - 100;
  return isShort ? message : { type, subtype, digest: digest(message) };
}

/** Whether the line has a digest in place of the description. */
function isDigest({ define }: Readonly<Record<string, unknown>>): boolean {
  return typeof define === 'object' && define !== null && Object.hasOwn(define, 'digest');
}
