// A controller, an owner of a memory, or a backend that maps its frames, as a process of its own: `memory.mjs ROLE NAME`,
// engine from CTRL_IF_ENGINE, orders and reports over the IPC channel. It runs what a user would: the built package.
import { fstatSync } from 'node:fs';
import { Controller, Guest } from '../../../dist/index.js';

const [role, name] = process.argv.slice(2);
const report = (is, details = {}) => process.send({ is, ...details });
const page = (pattern) => Buffer.alloc(4096, pattern);

const roles = {
  async controller() {
    const controller = await Controller.listen({ name });
    controller.on('domain', (domain) => {
      domain.on('close', (error) => report('closed', { domid: domain.domid, code: error?.code }));
      report('joined', { domid: domain.domid, memory: domain.memory });
    });
    report('listening', { engine: controller.engine });
    return {
      memory: ({ domid }) => ({ memory: controller.domains.get(domid).memory }),
      async resize({ domid, frames }) {
        const seen = [];
        const onProgress = ({ reached }) => seen.push(reached);
        return { memory: await controller.domains.get(domid).resizeMemory(frames, { onProgress }), seen };
      },
    };
  },

  async owner() {
    const guest = await Guest.connect({ name, memory: { frames: 64, maximum: 4096 } });
    const { memory } = guest;
    report('connected', { engine: guest.engine, domid: guest.domid });
    return {
      grant({ domid, pattern }) {
        const frame = memory.allocate();
        memory.frame(frame).write(0, page(pattern));
        memory.grantAccess(frame, domid);
        return { frame };
      },
      read: ({ frame }) => ({ bytes: bytesOf(memory.frame(frame)) }),
      end: ({ frame }) => memory.endAccess(frame),
      free: ({ frame }) => memory.free(frame),
      reclaim: async ({ domid }) => ({ frames: await guest.reclaimFrames(domid) }),
      resident: () => ({ frames: fstatSync(memory.segment.fd).blocks / 8 }),
    };
  },

  async backend() {
    const guest = await Guest.connect({ name });
    let mapped;
    report('connected', { engine: guest.engine, domid: guest.domid });
    return {
      map: async ({ domid, frame }) => {
        mapped = await guest.mapFrame(domid, frame);
      },
      read: () => ({ bytes: bytesOf(mapped) }),
      write: ({ pattern }) => mapped.write(0, page(pattern)),
      unmap: () => mapped.unmap(),
    };
  },
};

function bytesOf(frame) {
  const bytes = Buffer.alloc(4096);
  frame.read(0, bytes);
  return bytes.toString('base64');
}

const orders = await roles[role]();
process.on('message', async ({ order, ...details }) => {
  try {
    report('done', { ...(await orders[order](details)) });
  } catch ({ code, message }) {
    report('done', { code, message });
  }
});
