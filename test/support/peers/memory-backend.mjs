// A backend in a process of its own, which maps frames of another's memory.
import { openSync } from 'node:fs';
import { FrameMapper } from '../../../dist/memory/index.js';
import { memoryEngine } from '../../../dist/page/create-memory.js';
import { obey } from './orders.mjs';

const { name, engine, domid } = JSON.parse(process.argv[2]);
const segment = openSync(`/dev/shm${name}`, 'r+');
const open = (offset, bytes) => memoryEngine(engine).map(segment, offset, bytes);
const mapper = new FrameMapper({ owner: 1, domid, open });
let mapped;

const orders = {
  map({ frame }) {
    mapped = mapper.map(BigInt(frame));
    const bytes = Buffer.alloc(4096);
    mapped.read(0, bytes);
    return { bytes: bytes.toString('base64') };
  },
  write: ({ pattern }) => mapped.write(0, Buffer.alloc(4096, pattern)),
  unmap: () => mapped.unmap(),
  /** Maps the frame whenever it can, and writes to it while it is mapped, until it has mapped it that often. */
  pester({ frame, times }) {
    for (let got = 0; got < times; ) {
      let mine;
      try {
        mine = mapper.map(frame);
      } catch (error) {
        if (error.code !== 'ERR_CTRL_IF_FRAME_NOT_GRANTED') throw error;
        continue;
      }
      got++;
      mine.store32(0, got);
      mine.unmap();
    }
    return { got: times };
  },
};

obey(orders);
process.on('disconnect', () => mapper.close());
process.send({ ready: true });
