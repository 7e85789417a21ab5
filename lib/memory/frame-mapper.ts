import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import type { AtomicPage, Page } from '../page/page.ts';
import {
  FRAME_BYTES,
  GRANT_TABLE_MAXIMUM,
  grantAt,
  grantTableFrame,
  MAX_FRAMES,
  reservedFrames,
} from '../wire/memory.ts';
import { checkInFrame, type Frame } from './frame.ts';
import { isMappedBy, mapGrant, unmapGrant } from './grant-word.ts';

/** Options of a frame mapper. */
export interface FrameMapperOptions {
  /** The domid of the domain whose memory it is. */
  owner: number;
  /** The domid of the domain that maps. Frames must be granted to it. */
  domid: number;
  /** Maps these bytes of the owner's segment; throws `ERR_CTRL_IF_PAGE_TRUNCATED` when the segment is shorter. */
  open: (offset: number, bytes: number) => AtomicPage;
  /** Called once, after the last frame has been unmapped and no more can be mapped. */
  release?: () => void;
}

/** A frame of another domain, mapped here until {@link unmap}. */
export interface MappedFrame extends Frame {
  /** The domid of the domain whose frame it is. */
  readonly owner: number;
  /** The mapping, to open rings on. */
  readonly page: Page;
  /** Unmaps the frame, then clears the mapped mark in the owner's grant table. Idempotent. */
  unmap(): void;
}

/** A mapped frame. Its grant is at byte `grantOffset` of `table`. */
interface Mapping {
  readonly page: Page;
  readonly table: AtomicPage;
  readonly grantOffset: number;
  holders: number;
}

/**
 * A backend's view of one other domain's memory: the frames that are granted to it. It marks the grant as mapped before it maps
 * the frame, so that the owner cannot end the access in between, and checks the grant again afterwards.
 */
export class FrameMapper {
  readonly #options: FrameMapperOptions;
  readonly #tables = new Map<number, AtomicPage>();
  readonly #mappings = new Map<number, Mapping>();
  readonly #mapped = new Set<MappedFrame>();
  #maximum: number | undefined;
  #retired = false;

  /** Opens nothing before the first {@link map}. */
  constructor(options: FrameMapperOptions) {
    this.#options = options;
  }

  /**
   * Maps a granted frame. A frame can be mapped several times here; the last `unmap` gives it back to its owner. When it fails,
   * nothing has changed.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_RANGE` when the owner has no such frame to grant; `ERR_CTRL_IF_FRAME_NOT_GRANTED` when
   *   the frame is not granted to this domain; `ERR_CTRL_IF_FRAME_IN_USE` when another mapper of this domain has mapped it;
   *   `ERR_CTRL_IF_DOMAIN` after {@link retire}
   */
  map(shmemFrame: number | bigint): MappedFrame {
    if (this.#retired) throw domainGone(this.#options.owner);
    const frame = this.#checkRange(shmemFrame);
    const mapping = this.#mappings.get(frame) ?? this.#mapNew(frame);
    const { page, table, grantOffset } = mapping;
    if (!isMappedBy(table, grantOffset, this.#options.domid)) {
      if (mapping.holders === 0) this.#giveBack(frame, mapping);
      throw this.#notGranted(frame);
    }
    mapping.holders++;
    const mapped = frameOf(page, this.#options.owner, frame, () => {
      if (!this.#mapped.delete(mapped) || --mapping.holders > 0) return;
      this.#giveBack(frame, mapping);
      this.#releaseIfDone();
    });
    this.#mapped.add(mapped);
    return mapped;
  }

  /**
   * To be called when the owner is gone: {@link map} throws `ERR_CTRL_IF_DOMAIN` from now on. Mapped frames stay until they are
   * unmapped; their owner cannot use them for anything else any more.
   */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#releaseIfDone();
  }

  /** Unmaps every frame and maps no more. Idempotent. */
  close(): void {
    for (const frame of this.#mapped) frame.unmap();
    this.retire();
  }

  /** Marks the grant as mapped, then maps. */
  #mapNew(frame: number): Mapping {
    const { domid, open } = this.#options;
    const table = this.#table(grantTableFrame(frame), frame);
    const grantOffset = grantAt(frame) % FRAME_BYTES;
    const result = mapGrant(table, grantOffset, domid);
    if (result === 'in-use') {
      throw this.#fail(
        'ERR_CTRL_IF_FRAME_IN_USE',
        frame,
        `is mapped by domain ${domid} already`,
        'unmap it there first',
      );
    }
    if (result === 'not-granted') throw this.#notGranted(frame);
    try {
      const mapping = { page: open(frame * FRAME_BYTES, FRAME_BYTES), table, grantOffset, holders: 0 };
      this.#mappings.set(frame, mapping);
      return mapping;
    } catch (failure) {
      unmapGrant(table, grantOffset, domid);
      throw (failure as CtrlIfError).code === 'ERR_CTRL_IF_PAGE_TRUNCATED' ? this.#outOfRange(frame, failure) : failure;
    }
  }

  #giveBack(frame: number, { page, table, grantOffset }: Mapping): void {
    this.#mappings.delete(frame);
    page.unmap();
    // After the last access: from here on the owner may use the frame for something else.
    unmapGrant(table, grantOffset, this.#options.domid);
  }

  #releaseIfDone(): void {
    if (!this.#retired || this.#mapped.size > 0) return;
    for (const table of this.#tables.values()) table.unmap();
    this.#tables.clear();
    this.#options.release?.();
  }

  #checkRange(shmemFrame: number | bigint): number {
    const frame = Number(shmemFrame);
    this.#maximum ??= this.#readMaximum(shmemFrame);
    const maximum = this.#maximum;
    if (Number.isInteger(frame) && frame >= reservedFrames(maximum) && frame < maximum) return frame;
    throw this.#outOfRange(shmemFrame);
  }

  /** Read once, so that the owner cannot move the end of the table later. */
  #readMaximum(requested: number | bigint): number {
    const maximum = this.#table(1, requested).load32(GRANT_TABLE_MAXIMUM % FRAME_BYTES);
    if (maximum > 0 && maximum <= MAX_FRAMES) return maximum;
    throw new CtrlIfError(
      'ERR_CTRL_IF_FRAME_RANGE',
      `domain ${this.#options.owner} has no valid grant table: by it, its memory has at most ${maximum} frames, not 1 to ${MAX_FRAMES}`,
      {
        advice: 'run the same release of ctrl-if in both domains',
        domid: this.#options.owner,
        offset: GRANT_TABLE_MAXIMUM,
        expected: `1 to ${MAX_FRAMES}`,
        received: maximum,
      },
    );
  }

  #table(tableFrame: number, requested: number | bigint): AtomicPage {
    let table = this.#tables.get(tableFrame);
    if (!table) {
      try {
        table = this.#options.open(tableFrame * FRAME_BYTES, FRAME_BYTES);
      } catch (failure) {
        if ((failure as CtrlIfError).code !== 'ERR_CTRL_IF_PAGE_TRUNCATED') throw failure;
        throw this.#outOfRange(requested, failure);
      }
      this.#tables.set(tableFrame, table);
    }
    return table;
  }

  #outOfRange(frame: number | bigint, cause?: unknown): CtrlIfError {
    const { owner } = this.#options;
    return new CtrlIfError(
      'ERR_CTRL_IF_FRAME_RANGE',
      `${frame} is no frame that domain ${owner} can grant: it lies outside that domain's memory, or is its control page or grant table`,
      { advice: 'name a frame that the domain allocated', domid: owner, received: frame, cause },
    );
  }

  #notGranted(frame: number): CtrlIfError {
    const { domid } = this.#options;
    return this.#fail(
      'ERR_CTRL_IF_FRAME_NOT_GRANTED',
      frame,
      `is not granted to domain ${domid}`,
      'have its owner grant access first',
    );
  }

  /** @param state the end of the sentence "frame 5 of domain 3 ..." */
  #fail(code: CtrlIfError['code'], frame: number, state: string, advice: string): CtrlIfError {
    const { owner } = this.#options;
    return new CtrlIfError(code, `frame ${frame} of domain ${owner} ${state}`, {
      advice,
      domid: owner,
      received: frame,
    });
  }
}

/** The error for mapping a frame of a domain that is gone. */
export function domainGone(domid: number): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DOMAIN', `domain ${domid} is gone, and its frames with it`, {
    advice: 'map no more frames of it',
    domid,
  });
}

function frameOf(page: Page, owner: number, frame: number, unmap: () => void): MappedFrame {
  let isUnmapped = false;
  const inPage = (offset: number, bytes: number): number => {
    // The page may still be mapped for another holder of the frame.
    if (isUnmapped) throw closedError(`of frame ${frame} of domain ${owner}`);
    checkInFrame(offset, bytes);
    return offset;
  };
  return {
    owner,
    frame,
    page,
    load32: (offset) => page.load32(inPage(offset, 4)),
    store32: (offset, value) => page.store32(inPage(offset, 4), value),
    read: (offset, target) => page.read(inPage(offset, target.length), target),
    write: (offset, source) => page.write(inPage(offset, source.length), source),
    unmap: () => {
      isUnmapped = true;
      unmap();
    },
  };
}
