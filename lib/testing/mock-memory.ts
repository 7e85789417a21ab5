import { constants } from 'node:os';
import { CtrlIfError } from '../errors.ts';
import type { FrameMapper, FrameOwner, MappedFrame, SharedFrame } from '../device/context.ts';

interface Frame {
  readonly shared: SharedFrame;
  readonly grantedTo: Set<number>;
}

const FRAME_BYTES = 4096;

/** The frames of all domains of a {@link MockMachine}. A frame that is mapped or granted cannot be freed. */
export class MockMemory {
  /** The maximum number of mappings. Lower it to test a backend without memory. Default: unlimited. */
  capacity = Number.POSITIVE_INFINITY;
  readonly #frames = new Map<string, Frame>();
  #next = 1;
  readonly #mappings = new Set<{ readonly domid: number; readonly frame: Frame }>();

  /** The number of allocated frames. */
  get allocated(): number {
    return this.#frames.size;
  }

  /** The number of mappings. */
  get mapped(): number {
    return this.#mappings.size;
  }

  /** The frames of one domain. Their methods throw `ERR_CTRL_IF_FRAME` for a wrong frame. */
  owner(domid: number): FrameOwner {
    return {
      allocate: () => {
        // Numbers are not reused, so that a stale number never names another frame.
        const frame = this.#next++;
        this.#frames.set(key(domid, frame), { shared: sharedFrame(frame), grantedTo: new Set() });
        return frame;
      },
      free: (frame) => {
        const found = this.#frame(domid, frame);
        if (this.#isMapped(found)) throw fault(domid, frame, 'is freed while another domain maps it');
        if (found.grantedTo.size > 0) throw fault(domid, frame, 'is freed while it is granted to another domain');
        this.#frames.delete(key(domid, frame));
      },
      frame: (frame) => this.#frame(domid, frame).shared,
      grantAccess: (frame, to) => void this.#frame(domid, frame).grantedTo.add(to),
      endAccess: (frame, to) => void this.#frame(domid, frame).grantedTo.delete(to),
    };
  }

  /** The access of one domain to the frames of others. `map` throws `ERR_CTRL_IF_FRAME` for a frame that is not granted. */
  mapper(domid: number): FrameMapper {
    return { map: (owner, frame) => this.#map(domid, owner, frame) };
  }

  #map(domid: number, owner: number, number: number): MappedFrame {
    const frame = this.#frame(owner, number);
    if (!frame.grantedTo.has(domid)) throw fault(owner, number, `is not granted to domain ${domid}`);
    if (this.mapped >= this.capacity) {
      const details = { advice: 'raise its capacity', domid, errno: -constants.errno.ENOMEM, syscall: 'mmap' };
      throw new CtrlIfError('ERR_CTRL_IF_FRAME', 'the mock memory has no room for one more mapping', details);
    }
    const mapping = { domid, frame };
    this.#mappings.add(mapping);
    return { ...frame.shared, unmap: () => void this.#mappings.delete(mapping) };
  }

  /** Removes the frames and the mappings of a domain that has died. */
  removeDomain(domid: number): void {
    for (const mapping of this.#mappings) if (mapping.domid === domid) this.#mappings.delete(mapping);
    for (const id of this.#frames.keys()) if (id.startsWith(`${domid}/`)) this.#frames.delete(id);
  }

  #isMapped(frame: Frame): boolean {
    return [...this.#mappings].some((mapping) => mapping.frame === frame);
  }

  #frame(domid: number, frame: number): Frame {
    const found = this.#frames.get(key(domid, frame));
    if (!found) throw fault(domid, frame, 'does not exist');
    return found;
  }
}

function sharedFrame(frame: number): SharedFrame {
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  return {
    frame,
    load32: (offset) => view.getUint32(offset, true),
    store32: (offset, value) => view.setUint32(offset, value, true),
    read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
    write: (offset, source) => bytes.set(source, offset),
  };
}

const key = (domid: number, frame: number): string => `${domid}/${frame}`;

const fault = (domid: number, frame: number, what: string): CtrlIfError =>
  new CtrlIfError('ERR_CTRL_IF_FRAME', `frame ${frame} of domain ${domid} ${what}`, { domid, received: frame });
