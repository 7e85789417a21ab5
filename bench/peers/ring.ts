/** Ring level: both sides spin. `native/limit/limit.cc` does the same in C++. */
import {
  BackRing,
  CONTROL_TX,
  createPage,
  FrontRing,
  newPageName,
  openPage,
  type Page,
  ringBytes,
  SabPage,
  unlinkPage,
} from 'ctrl-if/ring';
import { Checker, type Mark, NO_MARK, wrongSequence } from './checker.ts';
import { ENTRY_BYTES, headerWord, initializeEntry, markOfWords, sequenceOfWords, stampWords } from './entry.ts';
import type { Job } from './job.ts';
import { Patience } from './patience.ts';
import type { Peer, Port } from './peer.ts';
import type { Front, Streamed } from './transport.ts';

/** Words an entry. */
const WORDS = ENTRY_BYTES / 4;
const UNMARKED = headerWord(ENTRY_BYTES, NO_MARK);
/** Looks a call: as many as are worth one crossing; each of the file engine's is a system call. */
const POLLS = { native: 1000, sab: 1000, file: 16 } as const;
/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = { native: 1024, sab: 1024, file: 64 } as const;

const geometryOf = (job: Job) => ({ ...CONTROL_TX, ...job.geometry });
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

export async function back(job: Job, port: Port): Promise<number> {
  const where = await port.receive();
  const page =
    job.engine === 'sab'
      ? new SabPage(where as SharedArrayBuffer)
      : openPage(where as string, pageBytes(job), job.engine);
  const ring = new BackRing(page, { ...geometryOf(job), inPlace: true });
  const words = new Uint32Array(ring.inbox.buffer);
  const polls = POLLS[job.engine!];
  port.send('ready');

  const checker = new Checker();
  const parent = process.ppid;
  const patience = new Patience(() => {
    if (process.ppid !== parent) process.exit(1);
  });
  while (!checker.stopped) {
    if (answer(ring, words, checker, polls)) patience.reset();
    else patience.check();
  }
  ring.flush();
  return checker.spentNs;
}

/** A function of its own, since V8 compiles what is called often better than a loop that it must replace while it runs. */
function answer(ring: BackRing, words: Uint32Array, checker: Checker, polls: number): boolean {
  // What was answered last time goes out in the same crossing.
  const taken = ring.flushAndTake(polls);
  for (let i = 0; i < taken; i++) {
    checker.take(sequenceOfWords(words, i * WORDS), markOfWords(words, i * WORDS));
  }
  ring.stageMany(taken);
  return taken > 0;
}

class RingFront implements Front {
  readonly #page: Page;
  readonly #ring: FrontRing;
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

  #stage(count: number, mark: Mark): void {
    const staged = this.#ring.stageMany(count);
    const header = mark === NO_MARK ? UNMARKED : headerWord(ENTRY_BYTES, mark);
    for (let i = 0; i < staged; i++) {
      stampWords(this.#outbox, i * WORDS, header, this.#sent);
      this.#sent = (this.#sent + 1) >>> 0;
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
    for (let i = 0; i < taken; i++) {
      const sequence = sequenceOfWords(this.#inbox, i * WORDS);
      if (sequence !== this.#expected) throw wrongSequence('front', this.#expected, sequence);
      this.#expected = (sequence + 1) >>> 0;
    }
    return taken;
  }
}
