/** The answering process of a wide stream: checks each request, and answers it by an entry made in place. */
import { BackRing, openPage } from 'ctrl-if/ring';
import { Checker, NO_MARK } from './checker.ts';
import { headerWord, initializeEntry, markOfWords, sequenceOfWords, stampWords } from './entry.ts';
import { Patience } from './patience.ts';
import { geometryOf, POLLS, pageBytes, type WideJob } from './wide-job.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as WideJob;
// The front is gone, so nobody wants an answer.
process.on('disconnect', () => process.exit(0));

const page = openPage(job.page!, pageBytes(job), 'native');
const ring = new BackRing(page, geometryOf(job));
process.send!('ready');
process.send!({ spentNs: serve(ring, job.batch) });

/** Returns the CPU time from BEGIN to END. */
function serve(ring: BackRing, batch: number): number {
  const checker = new Checker();
  const parent = process.ppid;
  const patience = new Patience(() => {
    if (process.ppid !== parent) process.exit(1);
  });
  // Staged entries keep their bytes: of a response, what never changes is what a request has.
  for (let at = 0; at < ring.outbox.length; at += ring.entryBytes) {
    initializeEntry(ring.outbox.subarray(at, at + ring.entryBytes));
  }
  const outbox = new Uint32Array(ring.outbox.buffer);
  const inbox = new Uint32Array(ring.inbox.buffer);
  const words = ring.entryBytes / 4;
  const header = headerWord(ring.entryBytes, NO_MARK);
  while (!checker.stopped) {
    const taken = ring.flushAndTake(POLLS);
    if (taken === 0) {
      patience.check();
      continue;
    }
    patience.reset();
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
  }
  ring.flush();
  return checker.spentNs;
}
