// A worker thread: one half of a ring in the SharedArrayBuffer it is given.
import { parentPort, workerData } from 'node:worker_threads';
import { BackRing, FrontRing, SabPage } from 'ctrl-if/ring';
import { ANSWERED, number, numberOf } from '../numbered.mjs';

const { buffer, role, geometry, total } = workerData;
const page = new SabPage(buffer);
const nobody = new Int32Array(new SharedArrayBuffer(4));
const deadline = Date.now() + 30_000;
parentPort.postMessage({ role, count: role === 'front' ? ask() : serve() });

function ask() {
  const ring = new FrontRing(page, geometry);
  let asked = 0;
  let answered = 0;
  while (answered < total) {
    while (asked < total) {
      const entry = ring.stage();
      if (!entry) break;
      number(entry, asked++);
    }
    ring.flush();
    const before = answered;
    for (let response = ring.pop(50); response; response = ring.pop()) {
      const n = numberOf(response, ANSWERED);
      if (n !== answered) throw new Error(`response ${n} came, not ${answered}`);
      answered++;
    }
    relaxUnless(answered > before);
  }
  return answered;
}

function serve() {
  const ring = new BackRing(page, geometry);
  let served = 0;
  while (served < total) {
    const before = served;
    for (let request = ring.pop(50); request; request = ring.pop()) {
      const n = numberOf(request);
      if (n !== served) throw new Error(`request ${n} came, not ${served}`);
      number(ring.stage(), n, ANSWERED);
      served++;
    }
    ring.flush();
    relaxUnless(served > before);
  }
  return served;
}

function relaxUnless(busy) {
  if (busy) return;
  if (Date.now() > deadline) throw new Error('the other thread is gone');
  Atomics.wait(nobody, 0, 0, 0.05);
}
