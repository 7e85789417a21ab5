// Counts garbage collections while entries go round a ring, both halves in this thread, and then while it makes
// garbage on purpose, which shows that they are counted at all.
import { PerformanceObserver } from 'node:perf_hooks';
import { BackRing, createPage, FrontRing, unlinkPage } from 'ctrl-if/ring';

const { name, engine, entries } = JSON.parse(process.argv[2]);
const page = createPage(name, 4096, engine);
unlinkPage(name);
const front = new FrontRing(page);
const back = new BackRing(page);
let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ['gc'] });

function exchange(count) {
  let answered = 0;
  while (answered < count) {
    for (let entry = front.stage(); entry; entry = front.stage()) entry[0] = answered;
    front.flush();
    for (let request = back.pop(); request; request = back.pop()) back.stage()[0] = request[0];
    back.flush();
    for (let response = front.pop(); response; response = front.pop()) answered++;
  }
  return answered;
}

/** Collections are reported in a later turn. */
async function collectionsNow() {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  return collections;
}

exchange(200_000); // until the optimising compiler is done, which leaves garbage of its own
globalThis.gc();
const before = await collectionsNow();
const heapBefore = process.memoryUsage().heapUsed;
const answered = exchange(entries);
const heapGrowth = process.memoryUsage().heapUsed - heapBefore;
const during = (await collectionsNow()) - before;
const kept = [];
for (let i = 0; i < entries; i++) kept[i & 1023] = { i };
const onPurpose = (await collectionsNow()) - before - during;
process.send({ answered, during, heapGrowth, onPurpose }, () => process.disconnect());
