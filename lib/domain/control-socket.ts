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

/** Answers one question; the other side is told of what it throws, by its code and message. */
export type Responder<N extends QuestionName> = (question: QuestionOf<N>) => ReplyTo<N> | Promise<ReplyTo<N>>;

/** Questions that may wait for their answers at once: who asks more is no peer of ours, and an honest one waits. */
export const MOST_WAITING = 1024;
export const MOST_ASKED = MOST_WAITING / 4;

/** What identifies a question, and its answer. */
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
 * One side of the questions and answers over the control socket, one line each: what the seed has no message for, such as who
 * maps whose page. `{ask: N, about: NAME, ...}`, then `{answer: N, ...}` or `{answer: N, failed: CODE, message}`. Both sides check
 * what comes against its declaration (`questions.ts`): a wrong question is answered as failed, a wrong answer ends the link.
 */
export class ControlSocket<P extends Role> {
  readonly #send: (line: object) => void;
  readonly #responders = new Map<string, (question: Line) => Promise<object>>();
  readonly #waiting = new Map<number, Waiting>();
  /** Questions to ask when others have been answered. */
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
   * @throws CtrlIfError the other side's error, `ERR_CTRL_IF_NOT_UNDERSTOOD` where it has no responder, `_VALUE` for a question that has not
   *   its declared shape, or why the link has ended
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

  /** Answers a question of the other side from now on. */
  answer<N extends AskedBy<Other<P>>>(about: N, respond: Responder<N>): void {
    const shapes = DECLARATIONS[about];
    this.#responders.set(about, async (line) => {
      const peersFault = (why: Mismatch) => wrongQuestion('ERR_CTRL_IF_PEER_PROTOCOL', about, why);
      const answer = await respond(conforming(shapes.question, line, peersFault));
      return conforming(shapes.answer, answer ?? {}, (why) => wrongAnswer(about, why));
    });
  }

  /** Takes a line. Returns what is wrong with one that is neither a question nor an answer to one of ours. */
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

  /** The conversation is over: whoever waits is told why. */
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
      throw new Mismatch('ask', `at most ${MOST_WAITING} questions that wait for their answers`, ask);
    }
    void this.#respond(number, about, question);
  }

  #takeAnswer({ answer, ...fields }: Line): void {
    const number = NUMBER.read(answer, 'answer');
    const waiting = this.#waiting.get(number);
    if (!waiting) throw new Mismatch('answer', 'the number of a question that waits for its answer', answer);
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

/** The value, read by its shape; throws what `say` makes of a mismatch. */
function conforming<T>(shape: Shape<T>, value: unknown, say: (why: Mismatch) => CtrlIfError): T {
  try {
    return shape.read(value);
  } catch (error) {
    throw error instanceof Mismatch ? say(error) : error;
  }
}

/** The other side's error. Throws a {@link Mismatch} for what is none. */
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
    ? 'does not answer it: this takes a machine (ctrl-if machine), or comes from the wrong side'
    : 'knows no such question; run the same release of ctrl-if on both sides';
  return new CtrlIfError('ERR_CTRL_IF_NOT_UNDERSTOOD', `${excerpt(about)}: the other side ${why}`, {
    subject: about.slice(0, 80),
  });
}
