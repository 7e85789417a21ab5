// A guest's memory in a process of its own, under orders. It keeps its name until an order removes it.
import { fstatSync, readdirSync, statfsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DomainMemory } from '../../../dist/memory/index.js';
import { unlinkPage } from '../../../dist/ring/index.js';
import { obey } from './orders.mjs';

const { name, engine, frames, maximum, unlink, small } = JSON.parse(process.argv[2]);
if (small && statfsSync('/dev/shm').blocks > 256) throw new Error('this is the real /dev/shm');
const { memory, page } = DomainMemory.create(name, { frames, maximum, engine });
if (unlink) unlinkPage(name);

let stopped = false;

/** Repeats it until it is not refused, and returns how often it was refused. */
function insist(act) {
  for (let refused = 0; ; refused++) {
    try {
      act();
      return refused;
    } catch (error) {
      if (error.code !== 'ERR_CTRL_IF_FRAME_IN_USE') throw error;
    }
  }
}

const orders = {
  grant({ domid, pattern }) {
    const frame = memory.allocate();
    memory.frame(frame).write(0, Buffer.alloc(4096, pattern));
    memory.grantAccess(frame, domid);
    return { frame };
  },
  read({ frame }) {
    const bytes = Buffer.alloc(4096);
    memory.frame(frame).read(0, bytes);
    return { bytes: bytes.toString('base64') };
  },
  end: ({ frame, force }) => memory.endAccess(frame, { force }),
  free: ({ frame }) => memory.free(frame),
  resize: ({ target }) => memory.resize(target),
  /** Takes every frame there is, writes all of it and reads it again: no reserved byte is missing. */
  use() {
    const all = memory.allocateMany(memory.available);
    for (const frame of all) memory.frame(frame).write(0, Buffer.alloc(4096, frame & 0xff));
    const wrong = all.filter((frame) => memory.frame(frame).load32(4092) !== (frame & 0xff) * 0x01010101);
    for (const frame of all) memory.free(frame);
    return { used: all.length, wrong: wrong.length };
  },
  /** Grants a frame and takes it back, until the order to stop, and uses it itself in between. */
  async tease({ domid }) {
    const frame = memory.allocate();
    let refused = 0;
    let overwritten = 0;
    for (let i = 0; !stopped; i++) {
      memory.frame(frame).store32(0, 0);
      memory.grantAccess(frame, domid);
      // Mostly at once, which is the race; sometimes so late that the slowest backend maps it.
      if (i % 64 === 0) await nextTurn();
      refused += insist(() => memory.endAccess(frame));
      memory.frame(frame).store32(0, 0xdead);
      for (let look = 0; look < 20; look++) if (memory.frame(frame).load32(0) !== 0xdead) overwritten++;
    }
    return { frame, refused, overwritten };
  },
  stop() {
    stopped = true;
  },
  names: () => ({ names: readdirSync('/dev/shm').length, resident: fstatSync(memory.segment.fd).blocks / 8 }),
};

obey(orders, () => ({ inUse: memory.inUse, size: memory.size }));
process.on('disconnect', () => {
  memory.unmap();
  page.unmap();
});
process.send({ ready: true });
