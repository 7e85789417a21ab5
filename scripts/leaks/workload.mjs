// The workload that `check.mjs` runs under AddressSanitizer: every way in which the addon allocates and frees memory.
import { isMainThread, Worker } from 'node:worker_threads';
import { Controller, Guest } from '../../dist/index.js';
import { DomainMemory, FrameMapper } from '../../dist/memory/index.js';
import { loadAddon } from '../../dist/page/addon.js';
import { memoryEngine } from '../../dist/page/create-memory.js';
import {
  BackRing,
  createPage,
  FrontRing,
  newPageName,
  openPage,
  ringBytes,
  unlinkPage,
} from '../../dist/ring/index.js';

const geometry = { offset: 0, entryBytes: 32, slots: 16 };

function useRings({ unmap }) {
  const name = newPageName();
  const mine = createPage(name, ringBytes(geometry), 'native');
  const theirs = openPage(name, ringBytes(geometry), 'native');
  unlinkPage(name);
  const front = new FrontRing(mine, geometry);
  const back = new BackRing(theirs, geometry);
  for (let i = 0; i < 100; i++) {
    front.push(Buffer.from([i]));
    front.flush();
    back.push(back.pop());
    back.flush();
    front.pop();
  }
  if (unmap) {
    mine.unmap();
    theirs.unmap();
  }
}

async function useDoorbells({ close }) {
  const { addon } = loadAddon();
  const name = newPageName();
  const page = addon.createSegment(name, 4096, true);
  unlinkPage(name);
  const ports = new Uint32Array(8);
  const mine = page.openEvents(ports);
  const theirs = addon.openSegmentAt(process.pid, page.fd, 0, 4096).openEvents(new Uint32Array(8));
  let ringer;
  await new Promise((resolve) => {
    const bell = addon.openDoorbell(() => {
      mine.collect(8);
      if (close) bell.close();
      else bell.unref();
      resolve();
    });
    ringer = addon.openRinger(process.pid, bell.writeFd);
    theirs.notify(5);
    ringer.ring();
  });
  if (close) ringer.close();
}

function useMemory({ unmap }) {
  const name = newPageName();
  const { memory, page } = DomainMemory.create(name, { frames: 16, maximum: 64, engine: 'native' });
  const open = (offset, bytes) => memoryEngine('native').map(memory.segment.fd, offset, bytes);
  const mapper = new FrameMapper({ owner: 1, domid: 2, open });
  const frame = memory.allocate();
  memory.grantAccess(frame, 2);
  mapper.map(frame).store32(0, 1);
  unlinkPage(name);
  memory.segment.populate(40, 8);
  memory.segment.punch(42, 2);
  if (unmap) {
    mapper.close();
    memory.unmap();
    page.unmap();
  }
}

function failToOpen() {
  for (const attempt of [
    () => openPage(newPageName(), 4096, 'native'),
    () => createPage(newPageName(), 2 ** 46, 'native'),
    () => loadAddon().addon.openRinger(process.pid, 2 ** 20),
    () => loadAddon().addon.openSegmentAt(process.pid, 2 ** 20, 0, 4096),
    () => loadAddon().addon.createSegment(newPageName(), 64).openEvents(new Uint32Array(4)),
    () => DomainMemory.create(newPageName(), { frames: 65, maximum: 64, engine: 'native' }),
    () => new FrontRing(createPage(newPageName(), 64, 'native'), geometry),
  ]) {
    try {
      attempt();
    } catch {
      // Expected.
    }
  }
}

if (isMainThread) {
  for (let i = 0; i < 200; i++) useRings({ unmap: i % 2 === 0 });
  for (let i = 0; i < 100; i++) await useDoorbells({ close: i % 2 === 0 });
  for (let i = 0; i < 100; i++) useMemory({ unmap: i % 2 === 0 });
  failToOpen();

  const controller = await Controller.listen({ name: 'leaks', engine: 'native' });
  controller.on('domain', (domain) => domain.receive(0, () => {}));
  for (let i = 0; i < 10; i++) {
    const guest = await Guest.connect({ name: 'leaks', engine: 'native' });
    for (let n = 0; n < 100; n++) await guest.request({ name: 'CONSOLE_DATA', data: new Uint8Array(60) });
    await guest.close();
  }
  await controller.close();

  const workers = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await Promise.all(workers.map((worker) => worker.terminate()));
  globalThis.gc();
  console.log('the workload is done');
} else {
  const { parentPort } = await import('node:worker_threads');
  useRings({ unmap: false });
  await useDoorbells({ close: false });
  useMemory({ unmap: false });
  parentPort.postMessage('busy');
  // Runs until it is terminated, probably in the middle of a call.
  for (;;) {
    useRings({ unmap: true });
    useMemory({ unmap: true });
  }
}
