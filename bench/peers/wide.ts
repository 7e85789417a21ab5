/** The asking process of a wide stream. `native/limit/wide.hpp` does the same in C++, step by step. */
import { existsSync, readFileSync } from 'node:fs';
import { createPage, FrontRing, newPageName, unlinkPage } from 'ctrl-if/ring';
import { BEGIN, cpuNs, END, type Mark, NO_MARK, STOP, wrongSequence } from './checker.ts';
import { headerWord, initializeEntry, sequenceOfWords, stampWords } from './entry.ts';
import { Patience } from './patience.ts';
import { type Samples, TRACE_BEGIN, TRACE_END } from './samples.ts';
import { printFigures, startProgram } from './second-process.ts';
import type { Streamed } from './transport.ts';
import { geometryOf, POLLS, pageBytes, type WideJob } from './wide-job.ts';

/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = 1024;
/**
 * Time alone does not warm up: on a core that spins, the threads of V8 that compile get little of it. Below this many
 * messages it is taken again.
 */
const WARMUP_MESSAGES = 500_000;
const WARMUP_TURNS = 4;

class WideFront {
  readonly #ring: FrontRing;
  readonly #batch: number;
  readonly #words: number;
  readonly #unmarked: number;
  readonly #outbox: Uint32Array;
  readonly #inbox: Uint32Array;
  readonly #patience: Patience;
  #sent = 0;
  #expected = 0;

  constructor(ring: FrontRing, batch: number, ensureAlive: () => void) {
    this.#ring = ring;
    this.#batch = Math.min(batch, ring.slots);
    this.#words = ring.entryBytes / 4;
    this.#unmarked = headerWord(ring.entryBytes, NO_MARK);
    this.#outbox = new Uint32Array(ring.outbox.buffer);
    this.#inbox = new Uint32Array(ring.inbox.buffer);
    this.#patience = new Patience(ensureAlive);
    // Staged entries keep their bytes, so what never changes is written once.
    for (let entry = ring.stage(); entry; entry = ring.stage()) initializeEntry(entry);
    while (ring.pending > 0) ring.unstage();
  }

  roundTrip(mark: Mark): void {
    this.#stage(1, mark);
    if (this.#take() !== 1) throw new Error('more came than was asked');
  }

  /** Keeps every slot in use until `ms` have passed, then waits for what is under way. */
  streamFor(ms: number): Streamed {
    const began = performance.now();
    const deadline = began + ms;
    this.#stage(this.#ring.room, NO_MARK);
    let messages = 0;
    for (let look = LOOK_AT_CLOCK; ; ) {
      const taken = this.#take();
      messages += taken;
      if (messages >= look) {
        look = messages + LOOK_AT_CLOCK;
        const now = performance.now();
        if (now >= deadline) {
          while (this.#expected !== this.#sent) this.#take();
          return { messages, elapsedNs: (now - began) * 1e6 };
        }
      }
      this.#stage(taken, NO_MARK);
    }
  }

  /** Fills the outbox, and publishes each time it holds a batch. */
  #stage(count: number, mark: Mark): void {
    const ring = this.#ring;
    const words = this.#words;
    const header = mark === NO_MARK ? this.#unmarked : headerWord(ring.entryBytes, mark);
    for (let left = count; left > 0; ) {
      const first = ring.pending;
      const staged = ring.stageMany(Math.min(left, this.#batch - first));
      for (let i = 0, at = first * words; i < staged; i++, at += words) {
        stampWords(this.#outbox, at, header, this.#sent);
        this.#sent = (this.#sent + 1) >>> 0;
      }
      left -= staged;
      if (ring.pending === this.#batch) ring.flush();
    }
  }

  /** Publishes what is left of a batch, waits for responses, checks all that came. */
  #take(): number {
    const ring = this.#ring;
    let taken = ring.flushAndTake(POLLS);
    while (taken === 0) {
      this.#patience.check();
      taken = ring.flushAndTake(POLLS);
    }
    this.#patience.reset();
    for (let i = 0, at = 0; i < taken; i++, at += this.#words) {
      const sequence = sequenceOfWords(this.#inbox, at);
      if (sequence !== this.#expected) throw wrongSequence('front', this.#expected, sequence);
      this.#expected = (sequence + 1) >>> 0;
    }
    return taken;
  }
}

async function main(job: WideJob): Promise<Samples> {
  const name = newPageName();
  const page = createPage(name, pageBytes(job), 'native');
  const back = startProgram('wide-back', { ...job, page: name }, job.cpus?.[1]);
  try {
    await back.receive();
  } finally {
    unlinkPage(name);
  }
  const { pid } = back.child;
  const front = new WideFront(new FrontRing(page, geometryOf(job)), job.batch, () => {
    // Dead and not yet buried: this process spins, and its event loop has not heard of it.
    if (/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) throw new Error('wide-back ended early');
  });
  for (let turns = 0, messages = 0; turns < WARMUP_TURNS && messages < WARMUP_MESSAGES; turns++) {
    messages += front.streamFor(job.warmupMs).messages;
  }
  front.roundTrip(BEGIN);
  existsSync(TRACE_BEGIN);
  const began = cpuNs();
  const { messages, elapsedNs } = front.streamFor(job.timedMs);
  const ownNs = cpuNs() - began;
  existsSync(TRACE_END);
  front.roundTrip(END);
  back.dismiss();
  front.roundTrip(STOP);
  const { spentNs } = await back.receive<{ spentNs: number }>();
  return { roundTripsASample: 1, batchNs: [], singleNs: [], messages, elapsedNs, cpuNs: ownNs + spentNs };
}

await printFigures(() => main(JSON.parse(process.argv[2] ?? '{}')));
