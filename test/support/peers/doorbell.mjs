// A process with a doorbell, by `role`: `sleeper` owns a page and serves its event channels; `idle` opens a doorbell,
// perhaps unrefs it, and has nothing else to do; `workers` ends threads that listen to one, in three ways.
import { readdirSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { loadAddon } from '../../../dist/page/addon.js';
import { unlinkPage } from '../../../dist/page/name.js';

const { addon } = loadAddon();
const roles = { sleeper, idle, workers };
if (isMainThread) {
  const options = JSON.parse(process.argv[2]);
  await roles[options.role](options);
} else work();

function sleeper({ name, ports }) {
  const page = addon.createSegment(name, 8192, true);
  unlinkPage(name);
  const fired = new Uint32Array(64);
  const events = page.openEvents(fired);
  let seen = 0;
  const serve = () => {
    for (let count = events.collect(64); count > 0; count = events.collect(64)) {
      for (const port of fired.subarray(0, count)) if (ports.includes(port)) seen++;
      // The notifier reads it; it publishes only the event.
      page.store32(0, seen);
    }
  };
  const doorbell = addon.openDoorbell(() => {
    page.store32(2688, 0);
    serve();
    page.armWakeup(2688);
    serve(); // the last look; what it finds may have been rung for, and is then served already
  });
  page.armWakeup(2688);
  process.send({ fd: page.fd, bell: doorbell.writeFd });
}

function idle({ unref }) {
  const doorbell = addon.openDoorbell(() => {});
  if (unref) doorbell.unref();
  // Without the channel nothing but the doorbell can keep this process.
  process.send({ bell: doorbell.writeFd }, () => process.disconnect());
}

async function workers({ rounds }) {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  // The first round opens what Node keeps.
  for (let round = 0, before; round <= rounds; round++) {
    const threads = Array.from({ length: 3 }, () => new Worker(new URL(import.meta.url)));
    await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('message', resolve))));
    const gone = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
    threads[0].postMessage('throw');
    const failed = new Promise((resolve) => threads[0].once('error', resolve));
    threads[1].postMessage('exit');
    const last = [(await failed).message, await gone[1], await threads[2].terminate()];
    await Promise.all(gone);
    if (round === 0) before = descriptors();
    if (round === rounds) process.send({ last, left: descriptors() - before }, () => process.disconnect());
  }
}

function work() {
  let ends = () => {};
  const mine = addon.openDoorbell(() => {
    ends();
    ringer.ring(); // and so without end: terminate() finds it in the middle of a call
  });
  addon.openDoorbell(() => {}); // forgotten, and still there when the thread ends
  const ringer = addon.openRinger(process.pid, mine.writeFd);
  ringer.ring();
  parentPort.on('message', (how) => {
    ends = () => {
      if (how === 'exit') process.exit(7);
      throw new Error('thrown in onRing');
    };
  });
  parentPort.postMessage('listening');
}
