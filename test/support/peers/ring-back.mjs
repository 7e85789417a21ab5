// A back half in a process of its own.
//   serve: answers requests in order until `total` are answered, then says how many and ends
//   hold: takes `take` requests, answers the first `answer` of them, says what it took, and waits to be killed
import { BackRing, openPage } from 'ctrl-if/ring';
import { ANSWERED, number, numberOf } from '../numbered.mjs';

const { name, engine, peerMayTear, geometry, mode, total, take, answer, strict = true } = JSON.parse(process.argv[2]);
const page = openPage(name, 0, engine);
const ring = new BackRing(page, { ...geometry, peerMayTear });
const nobody = new Int32Array(new SharedArrayBuffer(4));
const deadline = Date.now() + 60_000;

process.send({ ready: true, unansweredAtAttach: ring.unansweredAtAttach });
if (mode === 'hold') hold();
else serve();

function hold() {
  const taken = [];
  poll(() => {
    const request = ring.pop();
    if (request) taken.push(numberOf(request));
    return taken.length === take;
  });
  for (const n of taken.slice(0, answer)) respond(n);
  ring.flush();
  process.send({ taken });
  setInterval(() => {}, 1 << 30);
}

function serve() {
  let served = 0;
  let expected;
  const first = [];
  poll(() => {
    let idle = true;
    for (let request = ring.pop(); request; request = ring.pop()) {
      idle = false;
      const n = numberOf(request);
      if (strict && expected !== undefined && n !== expected) throw new Error(`request ${n} came, not ${expected}`);
      expected = (n + 1) >>> 0;
      if (first.length < ring.slots) first.push(n);
      respond(n);
      served++;
    }
    ring.flush();
    if (idle) Atomics.wait(nobody, 0, 0, 0.05);
    return served >= total;
  });
  process.send({ served, first }, () => process.disconnect());
}

function respond(n) {
  number(ring.stage(), n, ANSWERED);
}

function poll(done) {
  while (!done()) if (Date.now() > deadline) throw new Error('nobody asked for a minute');
}
