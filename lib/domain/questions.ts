import type { Role } from '../page/control-page.ts';
import { CONTROL_PORT, PORTS } from '../wire/page.ts';
import { DOMID, EVENTS, MEMORY, PID, PORT } from './fields.ts';
import { integer, object, oneOf, type Shape, text, type ValueOf, variants } from './shape.ts';

/** A question of one side to the other, over the control socket. */
export interface QuestionDeclaration<Question, Answer> {
  readonly askedBy: Role;
  readonly question: Shape<Question>;
  readonly answer: Shape<Answer>;
  /** What it does, and when the answer comes: docs/control-socket.md. */
  readonly does: string;
}

const NOTHING = object({});

/** Each question that guest and controller ask each other beside the rings: the one place where it is declared. */
export const QUESTIONS = {
  'port-alloc': {
    askedBy: 'guest',
    question: object({ remote: DOMID }),
    answer: object({ port: PORT }),
    does: 'Allocates a port of the guest that domain `remote` may bind.',
  },
  'port-bind': {
    askedBy: 'guest',
    question: object({ remote: DOMID, port: PORT }),
    answer: object({ port: PORT }),
    does: 'Binds a new port of the guest to `port` of domain `remote`. The answer comes when both ends have been told.',
  },
  'port-close': {
    askedBy: 'guest',
    question: object({ port: PORT }),
    answer: NOTHING,
    does: 'Frees a port of the guest. The other end is told that it is unbound.',
  },
  'port-status': {
    askedBy: 'guest',
    question: object({ port: PORT }),
    answer: variants('state', {
      free: {},
      unbound: { remote: DOMID },
      interdomain: { remote: DOMID, remotePort: integer(CONTROL_PORT, PORTS - 1) },
    }),
    does: 'Says what a port of the guest stands for.',
  },
  'port-bound': {
    askedBy: 'controller',
    question: object({
      port: PORT,
      peer: object({
        domid: DOMID,
        port: PORT,
        address: object({ pid: PID, ...EVENTS }),
      }),
    }),
    answer: NOTHING,
    does: 'Tells the guest that its port is bound. The answer comes when the guest can notify the other end.',
  },
  'port-unbound': {
    askedBy: 'controller',
    question: object({ port: PORT, lost: oneOf('closed', 'died') }),
    answer: NOTHING,
    does: 'Tells the guest that the other end of its port has been closed, or has died.',
  },
  'port-closed': {
    askedBy: 'controller',
    question: object({ port: PORT }),
    answer: NOTHING,
    does: 'Tells the guest that its port is free, which it has not asked for.',
  },
  'domain-memory': {
    askedBy: 'guest',
    question: object({ domid: DOMID }),
    answer: object({ pid: PID, ...MEMORY }),
    does: 'Says where the memory of a domain is. From then on the guest is told when that domain is gone.',
  },
  'domain-gone': {
    askedBy: 'controller',
    question: object({ domid: DOMID }),
    answer: NOTHING,
    does: 'Tells the guest that a domain whose memory it has asked for is gone.',
  },
  'domain-presence': {
    askedBy: 'guest',
    question: object({ domid: DOMID }),
    answer: variants('presence', { connected: { pid: PID }, unlinked: { pid: PID }, gone: {} }),
    does: 'Says what has become of a domain. `gone`: it has nothing mapped any more. `unlinked`: its link has ended and its process has not.',
  },
  'domain-end': {
    askedBy: 'guest',
    question: object({ domid: DOMID }),
    answer: NOTHING,
    does: 'Waits for the end of a domain. The answer comes when there is no such domain. Machines only.',
  },
  'memory-progress': {
    askedBy: 'guest',
    question: NOTHING,
    answer: NOTHING,
    does: "Tells the controller that the guest's page says something new of its memory.",
  },
  suspended: {
    askedBy: 'guest',
    question: NOTHING,
    answer: NOTHING,
    does: 'Tells the machine that the guest is at rest. The answer comes when its devices are released. Machines only.',
  },
  resume: {
    askedBy: 'controller',
    question: NOTHING,
    answer: NOTHING,
    does: 'Tells a suspended guest that its devices are back and that it may go on.',
  },
  'disk-target': {
    askedBy: 'guest',
    question: object({ pdevice: integer(0, 0xffff) }),
    answer: object({ target: text(3800), mode: oneOf('r', 'w') }),
    does: 'Says what the disk is to serve that BLKIF_BE_VBD_CREATE names by `pdevice`. Machines only.',
  },
  'disk-refused': {
    askedBy: 'guest',
    question: object({ pdevice: integer(0, 0xffff), why: text(3800) }),
    answer: NOTHING,
    does: 'Tells the machine, in a sentence for people, why the disk that `pdevice` stands for cannot be served. Machines only.',
  },
  'console-answered': {
    askedBy: 'controller',
    question: NOTHING,
    answer: NOTHING,
    does: 'Waits for a guest that has a shell on its console. The answer comes when the guest has answered all that was typed, and the controller has it.',
  },
  'device-crossed': {
    askedBy: 'guest',
    question: object({ class: text(32), handle: integer(0, 0xffff_ffff), port: PORT }),
    answer: NOTHING,
    does: 'Tells the machine that a pattern has come back from the backend of a device, over the channel at `port`. Machines only.',
  },
} as const satisfies Readonly<Record<string, QuestionDeclaration<unknown, unknown>>>;

export type QuestionName = keyof typeof QUESTIONS;

type Contents = {
  [N in QuestionName]: {
    question: ValueOf<(typeof QUESTIONS)[N]['question']>;
    answer: ValueOf<(typeof QUESTIONS)[N]['answer']>;
  };
};
/** The fields of a question. */
export type QuestionOf<N extends QuestionName> = Contents[N]['question'];
/** The fields of its answer. */
export type AnswerOf<N extends QuestionName> = Contents[N]['answer'];
/** What a responder may return: the answer's fields, or nothing where it has none. */
// biome-ignore lint/suspicious/noConfusingVoidType: a responder without a return statement is the common one
export type ReplyTo<N extends QuestionName> = AnswerOf<N> | (keyof AnswerOf<N> extends never ? void : never);
/** The questions that one side asks. */
export type AskedBy<P extends Role> = {
  [N in QuestionName]: (typeof QUESTIONS)[N]['askedBy'] extends P ? N : never;
}[QuestionName];
export type Other<P extends Role> = P extends 'guest' ? 'controller' : 'guest';

/** {@link QUESTIONS}, by which a name stands for its own question and answer. */
export const DECLARATIONS: { readonly [N in QuestionName]: QuestionDeclaration<QuestionOf<N>, AnswerOf<N>> } =
  QUESTIONS;
