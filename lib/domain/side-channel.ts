import { setImmediate as turn } from 'node:timers/promises';
import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';

/** What one side asks of the other beside the control ring, by the name of the question. */
export type Question = Record<string, unknown>;
export type Responder = (question: Question) => Promise<Question | undefined> | Question | undefined;

/** Questions that may wait for their answers at once: who asks more is no peer of ours, and an honest one waits. */
const MOST_WAITING = 1024;
const MOST_ASKED = MOST_WAITING / 4;

/**
 * Questions and answers over the rendezvous socket, one line each: what the seed has no message for, such as who maps
 * whose page. `{ask: n, about: NAME, ...}`, then `{answer: n, ...}` or `{answer: n, failed: CODE, message}`.
 */
export class SideChannel {
  readonly #send: (line: object) => void;
  readonly #responders = new Map<string, Responder>();
  readonly #waiting = new Map<number, { resolve: (answer: Question) => void; reject: (error: CtrlIfError) => void }>();
  /** Questions to ask when others have been answered. */
  readonly #unasked: object[] = [];
  #last = 0;
  #ended: CtrlIfError | undefined;
  #answering = 0;

  constructor(send: (line: object) => void) {
    this.#send = send;
  }

  /** Resolves with the answer; rejects with the other side's error, or with why the conversation is over. */
  ask(about: string, question: Question): Promise<Question> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      const ask = ++this.#last;
      this.#waiting.set(ask, { resolve, reject });
      const line = { ask, about, ...question };
      if (this.#waiting.size > MOST_ASKED) this.#unasked.push(line);
      else this.#send(line);
    });
  }

  answer(about: string, responder: Responder): void {
    this.#responders.set(about, responder);
  }

  /** Takes a line; false when it is neither a question nor an answer. */
  take(line: Record<string, unknown>): boolean {
    if (typeof line.ask === 'number' && typeof line.about === 'string' && this.#answering < MOST_WAITING) {
      void this.#respond(line.ask, line.about, line);
      return true;
    }
    if (typeof line.answer !== 'number') return false;
    const waiting = this.#waiting.get(line.answer);
    if (!waiting) return false;
    this.#waiting.delete(line.answer);
    const next = this.#unasked.shift();
    if (next) this.#send(next);
    if (typeof line.failed !== 'string') waiting.resolve(line);
    else waiting.reject(new CtrlIfError(line.failed as CtrlIfErrorCode, String(line.message)));
    return true;
  }

  /** The conversation is over: whoever waits is told why. */
  end(error: CtrlIfError): void {
    this.#ended = error;
    this.#unasked.length = 0;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #respond(answer: number, about: string, question: Question): Promise<void> {
    this.#answering++;
    try {
      // A question may come with the welcome, before the caller's `await` has gone on and has registered its responders.
      if (!this.#responders.has(about)) await turn();
      const responder = this.#responders.get(about);
      if (!responder) {
        throw new CtrlIfError(
          'ERR_CTRL_IF_NOT_UNDERSTOOD',
          `the other side knows nothing about ${JSON.stringify(about)}; run the same release of ctrl-if on both sides`,
        );
      }
      const fields = await responder(question);
      if (!this.#ended) this.#send({ answer, ...fields });
    } catch (error) {
      const { code = 'ERR_CTRL_IF_HANDLER', message } = error as CtrlIfError;
      if (!this.#ended) this.#send({ answer, failed: code, message });
    } finally {
      this.#answering--;
    }
  }
}
