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
import { checkEntry, initializeEntry, sequenceOf, stamp } from './entry.ts';
import type { Job } from './job.ts';
import { Patience } from './patience.ts';
import type { Peer, Port } from './peer.ts';
import type { Front, Streamed } from './transport.ts';

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
  const ring = new BackRing(page, geometryOf(job));
  const polls = POLLS[job.engine!];
  port.send('ready');

  const checker = new Checker();
  const parent = process.ppid;
  const patience = new Patience(() => {
    if (process.ppid !== parent) process.exit(1);
  });
  while (!checker.stopped) {
    if (answer(ring, checker, polls)) patience.reset();
    else patience.check();
  }
  ring.flush();
  return checker.spentNs;
}

/** A function of its own, since V8 compiles what is called often better than a loop that it must replace while it runs. */
function answer(ring: BackRing, checker: Checker, polls: number): boolean {
  // What was answered last time goes out in the same crossing.
  let request = ring.flushAndPop(polls);
  if (!request) return false;
  do {
    checkEntry(checker, request);
    ring.push(request);
    request = ring.popCollected();
  } while (request);
  return true;
}

class RingFront implements Front {
  readonly #page: Page;
  readonly #ring: FrontRing;
  readonly #polls: number;
  readonly #lookAtClock: number;
  readonly #patience: Patience;
  #sent = 0;
  #expected = 0;

  constructor(job: Job, page: Page, peer: Peer) {
    this.#page = page;
    this.#ring = new FrontRing(page, geometryOf(job));
    this.#polls = POLLS[job.engine!];
    this.#lookAtClock = LOOK_AT_CLOCK[job.engine!];
    this.#patience = new Patience(() => peer.ensureAlive());
    // Staged entries keep their bytes, so what never changes is written once.
    for (let slot = this.#ring.stage(); slot; slot = this.#ring.stage()) initializeEntry(slot);
    while (this.#ring.pending > 0) this.#ring.unstage();
  }

  roundTrips(count: number, mark: Mark): void {
    for (let i = 0; i < count; i++) {
      this.#stage(mark);
      this.#check(this.#next());
    }
  }

  streamFor(ms: number): Streamed {
    const ring = this.#ring;
    const began = performance.now();
    const deadline = began + ms;
    for (let room = ring.room; room > 0; room--) this.#stage(NO_MARK);
    ring.flush();
    let messages = 0;
    let elapsedNs = 0;
    for (let look = this.#lookAtClock; ; ) {
      let response: Uint8Array | undefined = this.#next();
      do {
        this.#check(response);
        messages++;
        this.#stage(NO_MARK);
        response = ring.popCollected();
      } while (response);
      if (messages < look) continue;
      look += this.#lookAtClock;
      const now = performance.now();
      if (now < deadline) continue;
      elapsedNs = (now - began) * 1e6;
      break;
    }
    while (this.#expected !== this.#sent) this.#check(this.#next());
    return { messages, elapsedNs };
  }

  close(): void {
    this.#page.unmap();
  }

  #stage(mark: Mark): void {
    stamp(this.#ring.stage()!, this.#sent, mark);
    this.#sent = (this.#sent + 1) >>> 0;
  }

  /** The next response, after whatever is staged has gone out in the same crossing. */
  #next(): Uint8Array {
    let response = this.#ring.flushAndPop(this.#polls);
    if (response) return response;
    do {
      this.#patience.check();
      response = this.#ring.pop(this.#polls);
    } while (!response);
    this.#patience.reset();
    return response;
  }

  #check(response: Uint8Array): void {
    const sequence = sequenceOf(response);
    if (sequence !== this.#expected) throw wrongSequence('front', this.#expected, sequence);
    this.#expected = (sequence + 1) >>> 0;
  }
}
