/** Rings against a model: calls in any order, on any engine and geometry. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackRing, FrontRing, MAX_SLOTS_WITHOUT_ATOMICS, type RingGeometry, ringBytes } from '../../lib/ring/index.ts';
import { enginePairs } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { usePages } from '../support/pages.ts';

const pages = usePages();
const U32 = 2 ** 32;

type Step =
  | { call: 'ask' | 'askInPlace' | 'answer'; count: number; pick: number; length: number }
  | { call: 'flushFront' | 'flushBack' | 'unstageFront' | 'unstageBack' }
  | { call: 'popFront' | 'popBack'; count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    call: fc.constantFrom('ask', 'askInPlace', 'answer'),
    count: fc.integer({ min: 1, max: 12 }),
    pick: fc.nat(),
    length: fc.nat(),
  }),
  fc.record({
    call: fc.constantFrom('flushFront', 'flushBack', 'flushFront', 'flushBack', 'unstageFront', 'unstageBack'),
  }),
  fc.record({ call: fc.constantFrom('popFront', 'popBack'), count: fc.integer({ min: 1, max: 12 }) }),
);
const run = fc.record({
  slots: fc.integer({ min: 0, max: 5 }).map((power) => 2 ** power),
  entryBytes: fc.integer({ min: 1, max: 40 }).map((words) => 4 * words),
  offset: fc.integer({ min: 0, max: 16 }).map((words) => 4 * words),
  start: fc.oneof(fc.integer({ min: 0, max: U32 - 1 }), fc.integer({ min: U32 - 40, max: U32 - 1 })),
  steps: fc.array(step, { minLength: 1, maxLength: 80 }),
});

/** A model of a ring: five queues that an entry passes through. */
class Model {
  readonly #slots: number;
  staged: string[] = [];
  asked: string[] = [];
  seenByBack: string[] = [];
  /** The popped requests for which no response is staged or published. */
  taken: string[] = [];
  stagedAnswers: string[] = [];
  answered: string[] = [];
  seenByFront: string[] = [];
  unanswered = 0;

  constructor(slots: number) {
    this.#slots = slots;
  }

  get room(): number {
    return this.#slots - this.unanswered - this.staged.length;
  }

  flushFront(): number {
    const count = this.staged.length;
    this.asked.push(...this.staged.splice(0));
    this.unanswered += count;
    return count;
  }

  popBack(): string | undefined {
    // A half polls the ring when the batch of its last poll is used up.
    if (this.seenByBack.length === 0) this.seenByBack = this.asked.splice(0);
    const request = this.seenByBack.shift();
    if (request !== undefined) this.taken.push(request);
    return request;
  }

  flushBack(): number {
    const count = this.stagedAnswers.length;
    this.answered.push(...this.stagedAnswers.splice(0));
    return count;
  }

  popFront(): string | undefined {
    if (this.seenByFront.length === 0) {
      this.seenByFront = this.answered.splice(0);
      this.unanswered -= this.seenByFront.length;
    }
    return this.seenByFront.shift();
  }
}

describe.each(enginePairs)('front by %s, back by %s', (frontEngine, backEngine) => {
  it('behaves as its model, call by call', () => {
    fc.assert(
      fc.property(run, ({ slots, entryBytes, offset, start, steps }) => {
        const geometry: RingGeometry = { offset, entryBytes, slots };
        const own = pages.shared(offset + ringBytes(geometry), frontEngine, backEngine);
        own.raw.store32(offset, start);
        own.raw.store32(offset + 4, start);
        const front = new FrontRing(own.front, geometry);
        const back = new BackRing(own.back, geometry);
        const model = new Model(slots);
        let made = 0;
        let asked = start;
        let answers = start;
        /** A new entry of up to `length` bytes, and the hex of the whole slot that it must become. */
        const make = (length: number): [Uint8Array, string] => {
          const bytes = new Uint8Array(entryBytes);
          new DataView(bytes.buffer).setUint32(0, 0x80000000 + made++);
          const used = Math.max(4, length % (entryBytes + 1));
          bytes.fill(made & 0xff, 4, used);
          return [bytes.subarray(0, used), hex(bytes)];
        };

        for (const { call, ...arguments_ } of steps) {
          const { count = 0, pick = 0, length = 0 } = arguments_ as { count?: number; pick?: number; length?: number };
          switch (call) {
            case 'ask':
              for (let i = 0; i < count; i++) {
                const [entry, whole] = make(length);
                const room = model.room > 0;
                if (room) model.staged.push(whole);
                expect(front.push(entry)).toBe(room);
              }
              break;
            case 'askInPlace': {
              const [, whole] = make(length);
              const room = model.room > 0;
              if (room) model.staged.push(whole);
              const staged = front.stage();
              expect(staged !== undefined).toBe(room);
              staged?.set(Buffer.from(whole, 'hex'));
              break;
            }
            case 'answer':
              for (let i = 0; i < count; i++) {
                const [entry, whole] = make(length);
                if (model.taken.length === 0) {
                  expectError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'request', () => back.push(entry));
                } else {
                  model.taken.splice(pick % model.taken.length, 1); // in any order
                  model.stagedAnswers.push(whole);
                  expect(back.push(entry)).toBe(true);
                }
              }
              break;
            case 'flushFront': {
              const published = model.flushFront();
              asked = (asked + published) % U32;
              expect(front.flush()).toBe(published);
              break;
            }
            case 'flushBack': {
              const published = model.flushBack();
              answers = (answers + published) % U32;
              expect(back.flush()).toBe(published);
              break;
            }
            case 'unstageFront':
              model.staged.pop();
              front.unstage();
              break;
            case 'unstageBack':
              if (model.stagedAnswers.pop() !== undefined) model.taken.push('taken back');
              back.unstage();
              break;
            case 'popFront':
              for (let i = 0; i < count; i++) expect(hex(front.pop())).toBe(model.popFront());
              break;
            case 'popBack':
              for (let i = 0; i < count; i++) expect(hex(back.pop())).toBe(model.popBack());
              break;
          }
          expect({
            room: front.room,
            unanswered: front.unanswered,
            pending: [front.pending, back.pending],
            answerable: back.room,
            reqProd: own.raw.load32(offset),
            rspProd: own.raw.load32(offset + 4),
          }).toEqual({
            room: model.room,
            unanswered: model.unanswered,
            pending: [model.staged.length, model.stagedAnswers.length],
            answerable: model.taken.length,
            reqProd: asked,
            rspProd: answers,
          });
        }
        for (const page of [own.front, own.back, own.raw]) page.unmap();
      }),
      { numRuns: 150 },
    );
  });

  it('accepts an index exactly when an honest peer can have reached it (H1)', () => {
    const index = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 0, max: U32 - 1 }));
    fc.assert(
      fc.property(
        fc.record({
          slots: fc.integer({ min: 0, max: 7 }).map((power) => 2 ** power),
          start: fc.integer({ min: 0, max: U32 - 1 }),
          asked: fc.nat(128),
          taken: fc.nat(128),
          answered: fc.nat(128),
          claim: index,
        }),
        ({ slots, start, asked, taken, answered, claim }) => {
          const geometry = { offset: 0, entryBytes: 4, slots };
          const own = pages.shared(ringBytes(geometry), frontEngine, backEngine);
          own.raw.store32(0, start);
          own.raw.store32(4, start);
          const front = new FrontRing(own.front, { ...geometry, peerMayTear: false });
          const back = new BackRing(own.back, { ...geometry, peerMayTear: false });
          const requests = Math.min(asked, slots);
          for (let n = 0; n < requests; n++) front.stage();
          front.flush();
          const popped = requests === 0 ? 0 : Math.min(taken, requests);
          for (let n = 0; n < popped; n++) back.pop();
          // The first pop has copied all entries that were there.
          const copied = popped === 0 ? 0 : requests;
          while (back.pop());
          const responses = Math.min(answered, copied);
          for (let n = 0; n < responses; n++) back.stage();
          back.flush();

          const claimed = (start + claim) >>> 0;
          own.raw.store32(4, claimed);
          own.raw.store32(0, claimed);
          const newResponses = (claimed - start) >>> 0;
          expectBelief(front, newResponses, requests);
          const newRequests = (claimed - start - requests) >>> 0;
          expectBelief(back, newRequests, slots - requests + responses);
          for (const page of [own.front, own.back, own.raw]) page.unmap();
        },
      ),
      { numRuns: 300 },
    );
  });

  function expectBelief(half: FrontRing | BackRing, fresh: number, most: number): void {
    if (fresh > most) {
      expectError('ERR_CTRL_IF_PEER_INDEX', 'prod', () => half.pop());
      return;
    }
    let taken = 0;
    while (half.pop()) taken++;
    expect(taken).toBe(fresh);
  }

  it('never accepts an index that is partly old and partly new', () => {
    const most = MAX_SLOTS_WITHOUT_ATOMICS;
    fc.assert(
      fc.property(
        fc.record({
          slots: fc.constantFrom(1, 8, most),
          // Carries through one, two and three bytes, and random indices.
          start: fc.oneof(
            fc.constantFrom(0xff, 0xffff, 0xffffff, 0xffffffff, 0x7fffffff).map((carry) => carry - 3),
            fc.integer({ min: 0, max: U32 - 1 }),
          ),
          before: fc.nat(most),
          advance: fc.integer({ min: 1, max: most }),
          newBytes: fc.integer({ min: 1, max: 14 }),
        }),
        ({ slots, start, before, advance, newBytes }) => {
          const oldIndex = start + Math.min(before, slots - 1);
          const newIndex = Math.min(oldIndex + advance, start + slots);
          const bytes = Buffer.alloc(8);
          bytes.writeUInt32LE(oldIndex >>> 0, 0);
          bytes.writeUInt32LE(newIndex >>> 0, 4);
          const mixed = Buffer.from([0, 1, 2, 3].map((i) => bytes[(newBytes >> i) & 1 ? 4 + i : i]!));
          const seen = mixed.readUInt32LE();
          fc.pre(seen !== oldIndex >>> 0 && seen !== newIndex >>> 0); // half-written, and to be seen as such
          const geometry = { offset: 0, entryBytes: 4, slots };
          const own = pages.shared(ringBytes(geometry), frontEngine, backEngine);
          own.raw.store32(0, start);
          own.raw.store32(4, start);
          const back = new BackRing(own.back, { ...geometry, peerMayTear: true });
          own.raw.write(0, mixed);
          expect(back.pop(20)).toBeUndefined();
          own.raw.store32(0, newIndex);
          let taken = 0;
          while (back.pop()) taken++;
          expect(taken).toBe(newIndex - start);
          for (const page of [own.front, own.back, own.raw]) page.unmap();
        },
      ),
      { numRuns: 100, maxSkipsPerRun: 1_000 },
    );
  });
});

function hex(entry: Uint8Array): string;
function hex(entry: Uint8Array | undefined): string | undefined;
function hex(entry: Uint8Array | undefined): string | undefined {
  return entry && Buffer.from(entry).toString('hex');
}
