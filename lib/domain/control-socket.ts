import { CtrlIfError } from '../errors.ts';
import type { Role } from '../page/control-page.ts';
import { CODE, LONGEST_MESSAGE, MESSAGE } from './fields.ts';
import {
  type AnswerOf,
  type AskedBy,
  DECLARATIONS,
  type Other,
  QUESTIONS,
  type QuestionName,
  type QuestionOf,
  type ReplyTo,
} from './questions.ts';
import { excerpt, integer, Mismatch, object, type Shape } from './shape.ts';

/** Answers one question. The other side gets the code and message of an error that it throws. */
export type Responder<N extends QuestionName> = (question: QuestionOf<N>) => ReplyTo<N> | Promise<ReplyTo<N>>;

/** The most open questions that this side accepts from the other side. More of them break the protocol. */
export const MOST_WAITING = 1024;
/** The most open questions that this side has. Further questions wait. */
export const MOST_ASKED = MOST_WAITING / 4;

/** The number of a question and its answer. */
const NUMBER = integer(0, Number.MAX_SAFE_INTEGER);
const FAILURE = object({ failed: CODE, message: MESSAGE });

type Line = Readonly<Record<string, unknown>>;

/** A question that waits for its answer. */
interface Waiting {
  /** @throws Mismatch */
  settle(answer: Line): void;
  reject(error: CtrlIfError): void;
}

/**
 * One side of the questions and answers over the control socket, for which the seed has no messages. A question is the line
 * `{ask: N, about: NAME, ...}`; its answer is `{answer: N, ...}` or `{answer: N, failed: CODE, message}`. Both sides check each line
 * against its declaration (`questions.ts`): a wrong question is answered as failed, a wrong answer ends the link.
 */
export class ControlSocket<P extends Role> {
  readonly #send: (line: object) => void;
  readonly #responders = new Map<string, (question: Line) => Promise<object>>();
  readonly #waiting = new Map<number, Waiting>();
  /** Questions to send when others have been answered. */
  readonly #unasked: object[] = [];
  #last = 0;
  #ended: CtrlIfError | undefined;
  #answering = 0;

  constructor(send: (line: object) => void) {
    this.#send = send;
  }

  /**
   * Resolves with the answer.
   *
   * @throws CtrlIfError the other side's error, `ERR_CTRL_IF_NOT_UNDERSTOOD` when it has no responder, `_VALUE` when the question has
   *   not its declared shape, or the error that ended the link
   */
  ask<N extends AskedBy<P>>(about: N, question: QuestionOf<N>): Promise<AnswerOf<N>> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const shapes = DECLARATIONS[about];
      const fields = conforming(shapes.question, question, (why) => wrongQuestion('ERR_CTRL_IF_VALUE', about, why));
      const ask = ++this.#last;
      this.#waiting.set(ask, {
        settle: (answer) => resolve(shapes.answer.read(answer)),
        reject,
      });
      const line = { ask, about, ...fields };
      if (this.#waiting.size > MOST_ASKED) this.#unasked.push(line);
      else this.#send(line);
    });
  }

  /** Sets the responder of a question of the other side. */
  answer<N extends AskedBy<Other<P>>>(about: N, respond: Responder<N>): void {
    const shapes = DECLARATIONS[about];
    this.#responders.set(about, async (line) => {
      const protocolError = (why: Mismatch) => wrongQuestion('ERR_CTRL_IF_PEER_PROTOCOL', about, why);
      const answer = await respond(conforming(shapes.question, line, protocolError));
      return conforming(shapes.answer, answer ?? {}, (why) => wrongAnswer(about, why));
    });
  }

  /** Takes a line. Returns the mistake of a line that is neither a question nor an answer to an open question. */
  take(line: Line): string | undefined {
    try {
      if (Object.hasOwn(line, 'ask')) this.#takeQuestion(line);
      else this.#takeAnswer(line);
      return undefined;
    } catch (error) {
      if (error instanceof Mismatch) return `${excerpt(line)} (${error.message})`;
      throw error;
    }
  }

  /** The link has ended: rejects the open questions with `error`. */
  end(error: CtrlIfError): void {
    this.#ended = error;
    this.#unasked.length = 0;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #takeQuestion({ ask, about, ...question }: Line): void {
    const number = NUMBER.read(ask, 'ask');
    if (typeof about !== 'string') throw new Mismatch('about', 'the name of a question', about);
    if (this.#answering >= MOST_WAITING) {
      throw new Mismatch('ask', `at most ${MOST_WAITING} open questions`, ask);
    }
    void this.#respond(number, about, question);
  }

  #takeAnswer({ answer, ...fields }: Line): void {
    const number = NUMBER.read(answer, 'answer');
    const waiting = this.#waiting.get(number);
    if (!waiting) throw new Mismatch('answer', 'the number of an open question', answer);
    if (Object.hasOwn(fields, 'failed')) waiting.reject(failureOf(fields));
    else waiting.settle(fields);
    this.#waiting.delete(number);
    const next = this.#unasked.shift();
    if (next) this.#send(next);
  }

  async #respond(answer: number, about: string, question: Line): Promise<void> {
    let line: object;
    this.#answering++;
    try {
      const responder = this.#responders.get(about);
      if (!responder) throw notUnderstood(about);
      line = { answer, ...(await responder(question)) };
    } catch (error) {
      const { message } = error as Error;
      const code = error instanceof CtrlIfError ? error.code : 'ERR_CTRL_IF_HANDLER';
      line = { answer, failed: code, message: String(message).slice(0, LONGEST_MESSAGE) };
    } finally {
      this.#answering--;
    }
    if (!this.#ended) this.#send(line);
  }
}

/** The value, read by its shape. Throws the error that `errorOf` makes of a mismatch. */
function conforming<T>(shape: Shape<T>, value: unknown, errorOf: (why: Mismatch) => CtrlIfError): T {
  try {
    return shape.read(value);
  } catch (error) {
    throw error instanceof Mismatch ? errorOf(error) : error;
  }
}

/** The other side's error. Throws {@link Mismatch} when the fields are none. */
function failureOf(fields: Line): CtrlIfError {
  const { failed, message } = FAILURE.read(fields);
  return new CtrlIfError(failed, message);
}

function wrongQuestion(
  code: 'ERR_CTRL_IF_VALUE' | 'ERR_CTRL_IF_PEER_PROTOCOL',
  about: string,
  { message, expected, received }: Mismatch,
): CtrlIfError {
  const sentence = `the question ${about} has a wrong field: ${message} (docs/control-socket.md)`;
  return new CtrlIfError(code, sentence, { subject: about, expected, received });
}

function wrongAnswer(about: string, { message, expected, received }: Mismatch): CtrlIfError {
  const sentence = `the responder of ${about} gave a wrong answer: ${message} (docs/control-socket.md)`;
  return new CtrlIfError('ERR_CTRL_IF_HANDLER', sentence, { subject: about, expected, received });
}

function notUnderstood(about: string): CtrlIfError {
  const why = Object.hasOwn(QUESTIONS, about)
    ? 'does not answer it: only a machine answers it (ctrl-if machine), or only the other role'
    : 'does not know this question; run the same release of ctrl-if on both sides';
  return new CtrlIfError('ERR_CTRL_IF_NOT_UNDERSTOOD', `${excerpt(about)}: the other side ${why}`, {
    subject: about.slice(0, 80),
  });
}
