import type { AnswerOf, QuestionName, QuestionOf } from '../../lib/domain/questions.ts';

const address = { pid: process.pid, page: 3, doorbell: 4 };

/** A question and an answer of each name, as an honest side may send them. */
export const SAMPLES: { readonly [N in QuestionName]: { question: QuestionOf<N>; answer: AnswerOf<N> } } = {
  'port-alloc': { question: { remote: 2 }, answer: { port: 2 } },
  'port-bind': { question: { remote: 2, port: 4095 }, answer: { port: 2 } },
  'port-close': { question: { port: 2 }, answer: {} },
  'port-status': { question: { port: 2 }, answer: { state: 'interdomain', remote: 2, remotePort: 1 } },
  'port-bound': { question: { port: 2, peer: { domid: 2, port: 2, address } }, answer: {} },
  'port-unbound': { question: { port: 2, lost: 'died' }, answer: {} },
  'port-closed': { question: { port: 2 }, answer: {} },
  'domain-memory': { question: { domid: 0 }, answer: { pid: 1, descriptor: 3, device: 26, inode: 2 ** 60 } },
  'domain-gone': { question: { domid: 0xffff }, answer: {} },
  'domain-presence': { question: { domid: 2 }, answer: { presence: 'unlinked', pid: 1 } },
  'domain-end': { question: { domid: 77 }, answer: {} },
  'memory-progress': { question: {}, answer: {} },
  suspended: { question: {}, answer: {} },
  resume: { question: {}, answer: {} },
  'disk-target': { question: { pdevice: 0xffff }, answer: { target: '/dev/µ', mode: 'r' } },
  'disk-refused': { question: { pdevice: 1, why: 'no such file' }, answer: {} },
  'console-answered': { question: {}, answer: {} },
  'device-crossed': { question: { class: 'block', handle: 0xffff_ffff, port: 2 }, answer: {} },
};

export type Line = Record<string, unknown>;

const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)]);
const NEVER_A_NUMBER = [null, true, '2', [], {}, deep(900), -1, 1.5, 2 ** 65, 1e300, -1e300];
const NEVER_A_STRING = [null, true, 5, 1e300, [], {}, deep(900), 'x'.repeat(3850)];
const NEVER_TRUE = [null, false, 1, 'true', [], {}, deep(900)];
const NEVER_AN_OBJECT = [null, true, 5, 'x', [], deep(900)];

/** Every way in which `sample` can be wrong by one field, at any depth, each with what it is called. */
export function* mistakesIn(sample: Line): Generator<[name: string, wrong: Line]> {
  // As JSON.parse makes it: a field of its own.
  for (const extra of ['extra', 'constructor', 'toString', '__proto__']) {
    yield [`with ${extra}`, JSON.parse(JSON.stringify(sample).replace(/}$/, `,"${extra}":1}`).replace('{,', '{'))];
  }
  for (const [name, value] of Object.entries(sample)) {
    const { [name]: _, ...without } = sample;
    yield [`without ${name}`, without];
    for (const wrong of wrongFor(value)) {
      yield [`${name} ${JSON.stringify(wrong).slice(0, 20)}`, { ...sample, [name]: wrong }];
    }
    if (typeof value !== 'object') continue;
    for (const [what, inner] of mistakesIn(value as Line)) yield [`${name}: ${what}`, { ...sample, [name]: inner }];
  }
}

function wrongFor(value: unknown): readonly unknown[] {
  if (typeof value === 'number') return NEVER_A_NUMBER;
  if (value === true) return NEVER_TRUE;
  return typeof value === 'string' ? NEVER_A_STRING : NEVER_AN_OBJECT;
}
