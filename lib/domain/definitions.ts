import { createHash } from 'node:crypto';
import type { CtrlIfError } from '../errors.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { describe, type MessageDescription, messageNumber } from '../wire/description.ts';
import { MAX_LINE_BYTES } from './connection.ts';
import { type Difference, definitionError, differenceOf } from './definition-difference.ts';
import { handshakeError, readLine } from './handshake.ts';

/** What the controller asks a guest whose fingerprint is another than its own. */
export const DESCRIBE = { describe: true };

/** All that a guest may say of its definitions; those of 40,000 messages are less. */
const MAX_DESCRIPTION_BYTES = 16 * 1024 * 1024;

/** A line that says of a message what {@link describe} does, or that it is too long to be said. */
type DescriptionLine = MessageDescription | { type: number; subtype: number; digest: string };

/** The messages that one side's user has defined, as the two sides compare them. The seed's are the same everywhere. */
export class Definitions {
  /** In order of type and subtype. */
  readonly #messages: readonly MessageDescription[];
  /** Equal for equal definitions, in whatever order they were given; undefined where there are none. */
  readonly fingerprint: string | undefined;

  constructor(definitions: readonly MessageDefinition[]) {
    this.#messages = definitions.map(describe).sort((a, b) => messageNumber(a) - messageNumber(b));
    this.fingerprint = this.#messages.length === 0 ? undefined : digest(this.#messages);
  }

  /** One line a message, then `{"defined":COUNT}`. */
  *lines(): Iterable<object> {
    for (const message of this.#messages) yield { define: shortened(message) };
    yield { defined: this.#messages.length };
  }

  /** For a guest with that fingerprint; undefined where there is nothing to compare. */
  compareWith(fingerprint: string | undefined): DefinitionComparison | undefined {
    const alike = fingerprint === undefined || this.fingerprint === undefined || fingerprint === this.fingerprint;
    return alike ? undefined : new DefinitionComparison(this.#messages);
  }
}

/**
 * A controller's definitions beside those that a guest tells, line by line. Only messages that both know are compared, by
 * type and subtype or by name; of what differs the first is kept and the rest forgotten, however much comes.
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

  /** Why the guest cannot be welcomed. */
  get error(): CtrlIfError | undefined {
    return this.#first && definitionError(this.#first.difference);
  }

  /**
   * Takes the next line of the guest; true when it was the last.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_HANDSHAKE` for a line that no honest guest sends
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
        this.#note(number, { message: sameNumber.name, what: 'its description is too long to say in what' });
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

/** On a line that has room for what stands around it. */
function shortened(message: MessageDescription): DescriptionLine {
  const { type, subtype } = message;
  const isShort = Buffer.byteLength(JSON.stringify(message)) < MAX_LINE_BYTES - 100;
  return isShort ? message : { type, subtype, digest: digest(message) };
}

/** Whether the line says of a message that it is too long to be described. */
function isDigest({ define }: Readonly<Record<string, unknown>>): boolean {
  return typeof define === 'object' && define !== null && Object.hasOwn(define, 'digest');
}
