import type { Role } from '../page/control-page.ts';
import { CONTROL_PORT, PORTS } from '../wire/page.ts';
import { DOMID, EVENTS, MEMORY, PID, PORT } from './fields.ts';
import { integer, object, oneOf, type Shape, text, type ValueOf, variants } from './shape.ts';

/** A question of one side to the other, over the control socket. */
export interface QuestionDeclaration<Question, Answer> {
  readonly askedBy: Role;
  readonly question: Shape<Question>;
  readonly answer: Shape<Answer>;
  /** Its effect, and when the answer comes, for docs/control-socket.md. */
  readonly does: string;
}

const NOTHING = object({});

/** The declarations of all questions between guest and controller. */
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
    does: 'Binds a new port of the guest to `port` of domain `remote`. The answer comes when both ends can notify.',
  },
  'port-close': {
    askedBy: 'guest',
    question: object({ port: PORT }),
    answer: NOTHING,
    does: 'Frees a port of the guest. The other end gets `port-unbound`.',
  },
  'port-status': {
    askedBy: 'guest',
    question: object({ port: PORT }),
    answer: variants('state', {
      free: {},
      unbound: { remote: DOMID },
      interdomain: { remote: DOMID, remotePort: integer(CONTROL_PORT, PORTS - 1) },
    }),
    does: 'Asks for the state of a port of the guest.',
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
    does: 'Reports that a port of the guest is bound. The answer comes when the guest can notify the other end.',
  },
  'port-unbound': {
    askedBy: 'controller',
    question: object({ port: PORT, lost: oneOf('closed', 'died') }),
    answer: NOTHING,
    does: "Reports that the other end of the guest's port was closed, or that its domain died.",
  },
  'port-closed': {
    askedBy: 'controller',
    question: object({ port: PORT }),
    answer: NOTHING,
    does: 'Reports that the controller has closed a port of the guest.',
  },
  'domain-memory': {
    askedBy: 'guest',
    question: object({ domid: DOMID }),
    answer: object({ pid: PID, ...MEMORY }),
    does: 'Asks where the memory of a domain is. The guest gets `domain-gone` when that domain is gone.',
  },
  'domain-gone': {
    askedBy: 'controller',
    question: object({ domid: DOMID }),
    answer: NOTHING,
    does: 'Reports that a domain is gone whose memory the guest has asked for.',
  },
  'domain-presence': {
    askedBy: 'guest',
    question: object({ domid: DOMID }),
    answer: variants('presence', { connected: { pid: PID }, unlinked: { pid: PID }, gone: {} }),
    does: 'Asks for the state of a domain. `gone`: it has no frame mapped. `unlinked`: its link has ended, but its process runs.',
  },
  'domain-end': {
    askedBy: 'guest',
    question: object({ domid: DOMID }),
    answer: NOTHING,
    does: 'Waits for the end of a domain. The answer comes when no domain has this domid. Machines only.',
  },
  'memory-progress': {
    askedBy: 'guest',
    question: NOTHING,
    answer: NOTHING,
    does: "Reports that the memory status in the guest's page has changed.",
  },
  suspended: {
    askedBy: 'guest',
    question: NOTHING,
    answer: NOTHING,
    does: 'Reports that the guest has suspended. The answer comes when its devices are released. Machines only.',
  },
  resume: {
    askedBy: 'controller',
    question: NOTHING,
    answer: NOTHING,
    does: 'Reports to a suspended guest that its devices are attached again and that it may go on.',
  },
  'disk-target': {
    askedBy: 'guest',
    question: object({ pdevice: integer(0, 0xffff) }),
    answer: object({ target: text(3800), mode: oneOf('r', 'w') }),
    does: 'Asks for the target of the disk that BLKIF_BE_VBD_CREATE names by `pdevice`. Machines only.',
  },
  'disk-refused': {
    askedBy: 'guest',
    question: object({ pdevice: integer(0, 0xffff), why: text(3800) }),
    answer: NOTHING,
    does: 'Reports, in a sentence for people, why the backend cannot serve the disk `pdevice`. Machines only.',
  },
  'console-answered': {
    askedBy: 'controller',
    question: NOTHING,
    answer: NOTHING,
    does: 'Waits for the shell on the console of a guest. The answer comes when the shell has executed all input and the controller has all output.',
  },
  'device-crossed': {
    askedBy: 'guest',
    question: object({ class: text(32), handle: integer(0, 0xffff_ffff), port: PORT }),
    answer: NOTHING,
    does: "Reports that a device's backend has returned the test pattern over the channel at `port`. Machines only.",
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
/** The return value of a responder: the answer's fields, or nothing when the answer has none. */
// biome-ignore lint/suspicious/noConfusingVoidType: a responder without a return statement is the common one
export type ReplyTo<N extends QuestionName> = AnswerOf<N> | (keyof AnswerOf<N> extends never ? void : never);
/** The questions that one side asks. */
export type AskedBy<P extends Role> = {
  [N in QuestionName]: (typeof QUESTIONS)[N]['askedBy'] extends P ? N : never;
}[QuestionName];
/** The role at the other end of the link. */
export type Other<P extends Role> = P extends 'guest' ? 'controller' : 'guest';

/** {@link QUESTIONS} with a type that connects each name to its own question and answer. */
export const DECLARATIONS: { readonly [N in QuestionName]: QuestionDeclaration<QuestionOf<N>, AnswerOf<N>> } =
  QUESTIONS;
