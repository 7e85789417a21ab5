// Worker threads that use the addon all at once and are terminated in the middle of it, several rounds of them. Reports
// how many mappings are left after them: this process must survive.
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { BackRing, createPage, FrontRing, openPage, unlinkPage } from 'ctrl-if/ring';
import { number, numberOf } from '../numbered.mjs';

if (isMainThread) await main();
else work();

async function main() {
  const { rounds, threads, prefix } = JSON.parse(process.argv[2]);
  const mappings = () =>
    readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(prefix.slice(1))).length;
  let seen = 0;
  for (let round = 0; round < rounds; round++) {
    // The first two share one page, front and back on different threads; the others have one each.
    const shared = `${prefix}.${round}.shared`;
    const page = createPage(shared, 4096, 'native');
    const workers = Array.from({ length: threads }, (_, i) => {
      const name = i < 2 ? shared : `${prefix}.${round}.${i}`;
      return new Worker(new URL(import.meta.url), { workerData: { name, role: ['front', 'back'][i] } });
    });
    await Promise.all(workers.map(busy));
    seen = Math.max(seen, mappings());
    await Promise.all(workers.map((worker) => worker.terminate()));
    page.unmap();
    unlinkPage(shared);
  }
  process.send({ seen, left: mappings() }, () => process.disconnect());
}

function busy(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a worker ended by itself with ${code}`)));
  });
}

function work() {
  const { name, role } = workerData;
  const page = role ? openPage(name, 4096, 'native') : createPage(name, 4096, 'native');
  if (!role) unlinkPage(name);
  const front = role === 'back' ? undefined : new FrontRing(page);
  const back = role === 'front' ? undefined : new BackRing(page);
  let done = 0;
  let asked = 0;
  for (;;) {
    if (front) {
      for (let entry = front.stage(); entry; entry = front.stage()) number(entry, asked++);
      front.flush();
    }
    if (back) {
      for (let request = back.pop(1000); request; request = back.pop(1000)) {
        numberOf(request);
        back.push(request);
        back.flush();
        done++;
      }
    }
    if (front)
      for (let response = front.pop(1000); response; response = front.pop(1000)) done += numberOf(response) >= 0;
    if (done > 1_000) {
      parentPort.postMessage('busy');
      done = Number.NEGATIVE_INFINITY;
    }
  }
}
