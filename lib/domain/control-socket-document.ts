/** `docs/control-socket.md`, made from the declarations: what is written there is what is checked. */
import { markdownTable } from '../markdown-table.ts';
import { MAX_LINE_BYTES, MOST_UNREAD_BYTES } from './connection.ts';
import { MOST_ASKED, MOST_WAITING } from './control-socket.ts';
import { HANDSHAKE, type HandshakeLine } from './handshake.ts';
import { QUESTIONS, type QuestionDeclaration } from './questions.ts';

const INTRODUCTION = `# The control socket

Made by \`node scripts/render-control-socket.mjs\` from \`lib/domain/handshake.ts\` and \`lib/domain/questions.ts\`; a test holds the two together.

A guest and its controller meet over the Unix-domain socket that the controller listens at, and keep it as long as they are linked. It
carries what the original has no message for. The kernel closes it when either process dies, which is how a death is known at once.

- A line is a JSON object in UTF-8 of at most ${MAX_LINE_BYTES} bytes, and ends with a newline.
- Between lines, the byte 0x07 is a doorbell: the other side looks at its rings. It is used where a side has no event channels or cannot see into
  the other's process (another PID namespace).
- \`?\` marks a field that may be missing. Text is measured in bytes of JSON, without its quotes.
- Peers lie. Each side checks every line against the tables below before it uses any of it.

## The lines of the handshake

In this order; the questions come before the last. Fields that are not listed are ignored. A wrong line, or none in time, is answered with a
refusal (\`ERR_CTRL_IF_HANDSHAKE\`), and the socket closes; a guest's \`connect\` rejects with that error for a wrong welcome.
`;

const QUESTIONS_INTRODUCTION = `## The questions

Either side asks, any number of times and without waiting for other answers: \`{"ask":N,"about":NAME,...}\` with the fields of the question. The other
answers \`{"answer":N,...}\` with the fields of the answer, or \`{"answer":N,"failed":CODE,"message":TEXT}\`. \`N\` is a number that the asker
has no other question under. A side tells the other of events by questions whose answers have no fields. They arrive in the order in which they
were asked; answers come in any order. Fields that are not listed are wrong.
`;

const WRONG_LINES = [
  ['a question with a wrong field', 'answered as failed, `ERR_CTRL_IF_PEER_PROTOCOL`; the responder is not called'],
  [
    'a question of an unknown name, or that this side does not answer',
    'answered as failed, `ERR_CTRL_IF_NOT_UNDERSTOOD`',
  ],
  [
    'an answer with a wrong field, or to a number that nothing waits under',
    'the link ends with `ERR_CTRL_IF_PEER_PROTOCOL`, and every open question with it',
  ],
  ['a line that is neither, or too long', 'the same'],
  [
    `more than ${MOST_WAITING} questions that wait for their answers`,
    `the same; an honest side has at most ${MOST_ASKED} open and keeps further ones back`,
  ],
  [`questions from a side that reads no answers, until ${MOST_UNREAD_BYTES / 1024 ** 2} MiB wait for it`, 'the same'],
];

const WHY = `A wrong answer ends the link rather than its question alone, since nothing else that this peer has said can be trusted either: an answer is the
controller's books, or where to find another domain's memory.
`;

/** The whole file. */
export function controlSocketDocument(): string {
  return [INTRODUCTION, handshakeTable(), QUESTIONS_INTRODUCTION, wrongLines(), WHY, ...sides.map(questionsOf)].join(
    '\n',
  );
}

const wrongLines = (): string => markdownTable(['what comes', 'what is done about it'], WRONG_LINES);

function handshakeTable(): string {
  const rows = Object.entries<HandshakeLine>(HANDSHAKE).map(([name, { sentBy, line, does }]) => [
    name,
    sentBy,
    code(line.expected),
    does,
  ]);
  return markdownTable(['line', 'sent by', 'fields', 'what it says'], rows);
}

const sides = [
  ['guest', 'Asked by the guest'],
  ['controller', 'Asked by the controller'],
] as const;

function questionsOf([side, title]: (typeof sides)[number]): string {
  const rows = Object.entries<QuestionDeclaration<unknown, unknown>>(QUESTIONS)
    .filter(([, { askedBy }]) => askedBy === side)
    .map(([name, { question, answer, does }]) => [code(name), code(question.expected), code(answer.expected), does]);
  return `### ${title}\n\n${markdownTable(['about', 'fields', 'fields of the answer', 'what it does'], rows)}`;
}

const code = (text: string): string => `\`${text}\``;
