/** Renders `docs/control-socket.md` from the declarations that check the lines. */
import { markdownTable } from '../markdown-table.ts';
import { MAX_LINE_BYTES, MOST_UNREAD_BYTES } from './connection.ts';
import { MOST_ASKED, MOST_WAITING } from './control-socket.ts';
import { HANDSHAKE, type HandshakeLine } from './handshake.ts';
import { QUESTIONS, type QuestionDeclaration } from './questions.ts';

const INTRODUCTION = `# The control socket

Made by \`node scripts/render-control-socket.mjs\` from \`lib/domain/handshake.ts\` and \`lib/domain/questions.ts\`; a test holds the two together.

A guest connects to the Unix-domain socket of its controller, and both keep the connection as long as they are linked. It carries everything
for which the original has no message. The kernel closes it when either process dies, so the other process learns of the death at once.

- A line is a JSON object in UTF-8 of at most ${MAX_LINE_BYTES} bytes, and ends with a newline.
- Between lines, the byte 0x07 is a doorbell: the other side polls its rings. It is used where a side has no event channels or cannot reach the
  other's process (another PID namespace).
- \`?\` marks a field that may be missing. Text is measured in bytes of JSON, without its quotes.
- Each side trusts no peer. It checks every line against the tables below before it uses any of it.

## The lines of the handshake

The lines come in this order, and the questions come before the last line. Fields that are not listed are ignored. The controller answers a wrong
or late line with a refusal (\`ERR_CTRL_IF_HANDSHAKE\`) and closes the socket. After a wrong welcome, the guest's \`connect\` rejects with that error.
`;

const QUESTIONS_INTRODUCTION = `## The questions

Either side sends questions, \`{"ask":N,"about":NAME,...}\` with the fields of the question, without waiting for other answers. The other side
sends the answer, \`{"answer":N,...}\` with the fields of the answer, or \`{"answer":N,"failed":CODE,"message":TEXT}\`. \`N\` is a number that no other
open question of the same side has. A side reports events by questions whose answers have no fields. Questions arrive in the order in which they
were sent; answers come in any order. Fields that are not listed are wrong.
`;

const WRONG_LINES = [
  ['a question with a wrong field', 'answered as failed, `ERR_CTRL_IF_PEER_PROTOCOL`; the responder is not called'],
  [
    'a question of an unknown name, or that this side does not answer',
    'answered as failed, `ERR_CTRL_IF_NOT_UNDERSTOOD`',
  ],
  [
    'an answer with a wrong field, or to no open question',
    'the link ends with `ERR_CTRL_IF_PEER_PROTOCOL`, and every open question with it',
  ],
  ['a line that is neither, or too long', 'the same'],
  [
    `more than ${MOST_WAITING} open questions`,
    `the same; a correct side has at most ${MOST_ASKED} open and holds further ones back`,
  ],
  [
    `questions from a side that does not read the answers, when ${MOST_UNREAD_BYTES / 1024 ** 2} MiB wait for it`,
    'the same',
  ],
];

const WHY = `A wrong answer ends the link and not only its question, because other answers of this peer cannot be trusted either: an answer states what a port
stands for, or where another domain's memory is.
`;

/** The whole file. */
export function controlSocketDocument(): string {
  return [INTRODUCTION, handshakeTable(), QUESTIONS_INTRODUCTION, wrongLines(), WHY, ...sides.map(questionsOf)].join(
    '\n',
  );
}

const wrongLines = (): string => markdownTable(['received', 'result'], WRONG_LINES);

function handshakeTable(): string {
  const rows = Object.entries<HandshakeLine>(HANDSHAKE).map(([name, { sentBy, line, does }]) => [
    name,
    sentBy,
    code(line.expected),
    does,
  ]);
  return markdownTable(['line', 'sent by', 'fields', 'meaning'], rows);
}

const sides = [
  ['guest', 'Asked by the guest'],
  ['controller', 'Asked by the controller'],
] as const;

function questionsOf([side, title]: (typeof sides)[number]): string {
  const rows = Object.entries<QuestionDeclaration<unknown, unknown>>(QUESTIONS)
    .filter(([, { askedBy }]) => askedBy === side)
    .map(([name, { question, answer, does }]) => [code(name), code(question.expected), code(answer.expected), does]);
  return `### ${title}\n\n${markdownTable(['about', 'fields', 'fields of the answer', 'effect'], rows)}`;
}

const code = (text: string): string => `\`${text}\``;
