/** Ring level: both sides spin. `native/limit/limit.cc` does the same in C++, and `wide.hpp` on rings of other shapes. */
import {
  BackRing,
  CONTROL_TX,
  createPage,
  FrontRing,
  newPageName,
  openPage,
  type Page,
  type RingGeometry,
  ringBytes,
  SabPage,
  unlinkPage,
} from 'ctrl-if/ring';
import type { Channel } from './channel.ts';
import { Checker, type Mark, NO_MARK, wrongSequence } from './checker.ts';
import { headerWord, initializeEntry, markOfWords, sequenceOfWords, stampWords } from './entry.ts';
import type { Job } from './job.ts';
import { Patience } from './patience.ts';
import type { Peer } from './peer.ts';
import type { Front, Streamed } from './transport.ts';

/** Looks a call: as many as are worth one crossing; each of the file engine's is a system call. */
const POLLS = { native: 1000, sab: 1000, file: 16 } as const;
/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = { native: 1024, sab: 1024, file: 64 } as const;

/** More than any ring has slots. */
const NO_BATCHES = 2 ** 30;

/** A wide ring is at the page's first byte, as in the limit; the page has room behind it. */
const geometryOf = ({ wide }: Job): RingGeometry => (wide ? { offset: 0, ...wide } : CONTROL_TX);
const pageBytes = (job: Job) => 4096 + ringBytes(geometryOf(job));

export async function front(job: Job, peer: Peer): Promise<Front> {
  let page: Page;
  if (job.engine === 'sab') {
    const shared = SabPage.create(pageBytes(job));
    peer.send(shared.buffer);
    await peer.receive();
    page = shared;
  } else {
    const name = newPageName();
    page = createPage(name, pageBytes(job), job.engine);
    try {
      peer.send(name);
      await peer.receive();
    } finally {
      unlinkPage(name);
    }
  }
  return new RingFront(job, page, peer);
}

export async function back(job: Job, starter: Channel): Promise<number> {
  const where = await starter.receive<SharedArrayBuffer | string>();
  const page =
    typeof where === 'string' ? openPage(where, pageBytes(job), job.engine as 'native' | 'file') : new SabPage(where);
  const ring = new BackRing(page, { ...geometryOf(job), inPlace: !job.wide });
  const checker = new Checker();
  const polls = POLLS[job.engine!];
  const answer = job.wide ? answerByBatches(ring, checker, polls, job.wide.batch) : answerInPlace(ring, checker, polls);
  starter.send('ready');

  const parent = process.ppid;
  const patience = new Patience(() => {
    if (process.ppid !== parent) process.exit(1);
  });
  while (!checker.stopped) {
    if (answer() > 0) patience.reset();
    else patience.check();
  }
  ring.flush();
  return checker.spentNs;
}

// An answer is a function of its own, since V8 compiles what is called often better than a loop that it must replace
// while it runs. It returns how many requests it took.

/** Sends back what came, where it stands. */
function answerInPlace(ring: BackRing, checker: Checker, polls: number): () => number {
  const inbox = new Uint32Array(ring.inbox.buffer);
  const words = ring.entryBytes / 4;
  return () => {
    // What was answered last time goes out in the same crossing.
    const taken = ring.flushAndTake(polls);
    for (let i = 0; i < taken; i++) checker.take(sequenceOfWords(inbox, i * words), markOfWords(inbox, i * words));
    ring.stageMany(taken);
    return taken;
  };
}

/** Answers each request by an entry of its own, and publishes each time that it has staged a batch. */
function answerByBatches(ring: BackRing, checker: Checker, polls: number, batch: number): () => number {
  // Staged entries keep their bytes: of a response, what never changes is what a request has.
  for (let at = 0; at < ring.outbox.length; at += ring.entryBytes) {
    initializeEntry(ring.outbox.subarray(at, at + ring.entryBytes));
  }
  const outbox = new Uint32Array(ring.outbox.buffer);
  const inbox = new Uint32Array(ring.inbox.buffer);
  const words = ring.entryBytes / 4;
  const header = headerWord(ring.entryBytes, NO_MARK);
  return () => {
    const taken = ring.flushAndTake(polls);
    for (let done = 0; done < taken; ) {
      const first = ring.pending;
      const staged = ring.stageMany(Math.min(taken - done, batch - first));
      for (let i = 0, from = done * words, to = first * words; i < staged; i++, from += words, to += words) {
        const sequence = sequenceOfWords(inbox, from);
        checker.take(sequence, markOfWords(inbox, from));
        stampWords(outbox, to, header, sequence);
      }
      done += staged;
      if (ring.pending === batch) ring.flush();
    }
    return taken;
  };
}

class RingFront implements Front {
  readonly #page: Page;
  readonly #ring: FrontRing;
  readonly #batch: number;
  readonly #words: number;
  readonly #unmarked: number;
  readonly #outbox: Uint32Array;
  readonly #inbox: Uint32Array;
  readonly #polls: number;
  readonly #lookAtClock: number;
  readonly #patience: Patience;
  #sent = 0;
  #expected = 0;

  constructor(job: Job, page: Page, peer: Peer) {
    this.#page = page;
    this.#ring = new FrontRing(page, geometryOf(job));
    // Of the control ring all goes out with the look for what comes.
    this.#batch = Math.min(job.wide?.batch ?? NO_BATCHES, job.wide?.slots ?? NO_BATCHES);
    this.#words = this.#ring.entryBytes / 4;
    this.#unmarked = headerWord(this.#ring.entryBytes, NO_MARK);
    this.#outbox = new Uint32Array(this.#ring.outbox.buffer);
    this.#inbox = new Uint32Array(this.#ring.inbox.buffer);
    this.#polls = POLLS[job.engine!];
    this.#lookAtClock = LOOK_AT_CLOCK[job.engine!];
    this.#patience = new Patience(() => peer.ensureAlive());
    // Staged entries keep their bytes, so what never changes is written once.
    for (let slot = this.#ring.stage(); slot; slot = this.#ring.stage()) initializeEntry(slot);
    while (this.#ring.pending > 0) this.#ring.unstage();
  }

  roundTrips(count: number, mark: Mark): void {
    for (let i = 0; i < count; i++) {
      this.#stage(1, mark);
      if (this.#take() !== 1) throw new Error('more came than was asked');
    }
  }

  streamFor(ms: number): Streamed {
    const began = performance.now();
    const deadline = began + ms;
    this.#stage(this.#ring.room, NO_MARK);
    let messages = 0;
    for (let look = this.#lookAtClock; ; ) {
      const taken = this.#take();
      messages += taken;
      if (messages >= look) {
        look = messages + this.#lookAtClock;
        const now = performance.now();
        if (now >= deadline) {
          while (this.#expected !== this.#sent) this.#take();
          return { messages, elapsedNs: (now - began) * 1e6 };
        }
      }
      this.#stage(taken, NO_MARK);
    }
  }

  close(): void {
    this.#page.unmap();
  }

  /** Fills the outbox, and publishes each time that it holds a batch. */
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

  /** What has come, after whatever is staged has gone out in the same crossing; each response checked. */
  #take(): number {
    let taken = this.#ring.flushAndTake(this.#polls);
    while (taken === 0) {
      this.#patience.check();
      taken = this.#ring.flushAndTake(this.#polls);
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
