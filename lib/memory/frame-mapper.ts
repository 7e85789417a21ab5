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

export interface FrameMapperOptions {
  /** Whose memory it is. */
  owner: number;
  /** The domain that maps: frames must be granted to it. */
  domid: number;
  /** Maps these bytes of the owner's segment; `ERR_CTRL_IF_PAGE_TRUNCATED` when it does not reach that far. */
  open: (offset: number, bytes: number) => AtomicPage;
  /** Called once, when nothing is mapped any more and nothing will be. */
  release?: () => void;
}

/** A frame of another domain, mapped here until {@link unmap}. */
export interface MappedFrame extends Frame {
  /** Whose frame it is. */
  readonly owner: number;
  /** The mapping itself, to open rings on. */
  readonly page: Page;
  /** Gives the mapping back and then says so in the owner's grant table. Idempotent. */
  unmap(): void;
}

/** A frame that is mapped: its grant is at byte `at` of `table`. */
interface Mapping {
  readonly page: Page;
  readonly table: AtomicPage;
  readonly at: number;
  holders: number;
}

/**
 * A backend's view of one other domain's memory: frames that were granted to it, and nothing else. The grant is marked as mapped
 * before the frame is mapped, so that its owner cannot take it away in between, and looked at again afterwards.
 */
export class FrameMapper {
  readonly #options: FrameMapperOptions;
  readonly #tables = new Map<number, AtomicPage>();
  readonly #mappings = new Map<number, Mapping>();
  readonly #mapped = new Set<MappedFrame>();
  #maximum: number | undefined;
  #retired = false;

  /** Maps nothing yet. */
  constructor(options: FrameMapperOptions) {
    this.#options = options;
  }

  /**
   * A frame that is mapped here already is held once more: its grant goes back with the last that unmaps it.
   * `ERR_CTRL_IF_FRAME_RANGE`: the owner has no such frame to grant. `ERR_CTRL_IF_FRAME_NOT_GRANTED`: not to this domain.
   * `ERR_CTRL_IF_FRAME_IN_USE`: another mapper of this domain has it. `ERR_CTRL_IF_DOMAIN`: after {@link retire}. When it
   * fails nothing stays mapped, or marked so, that was not before.
   */
  map(shmemFrame: number | bigint): MappedFrame {
    if (this.#retired) throw domainGone(this.#options.owner);
    const frame = this.#checkRange(shmemFrame);
    const mapping = this.#mappings.get(frame) ?? this.#mapNew(frame);
    const { page, table, at } = mapping;
    if (!isMappedBy(table, at, this.#options.domid)) {
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
   * The owner is gone: no more frames are mapped (`ERR_CTRL_IF_DOMAIN`). Those that are stay until they are unmapped, as
   * nobody else will use them for anything.
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
    const at = grantAt(frame) % FRAME_BYTES;
    const result = mapGrant(table, at, domid);
    if (result === 'in-use') {
      throw this.#fail('ERR_CTRL_IF_FRAME_IN_USE', frame, `is mapped by domain ${domid} already; unmap it there first`);
    }
    if (result === 'not-granted') throw this.#notGranted(frame);
    try {
      const mapping = { page: open(frame * FRAME_BYTES, FRAME_BYTES), table, at, holders: 0 };
      this.#mappings.set(frame, mapping);
      return mapping;
    } catch (failure) {
      unmapGrant(table, at, domid);
      throw (failure as CtrlIfError).code === 'ERR_CTRL_IF_PAGE_TRUNCATED' ? this.#outOfRange(frame, failure) : failure;
    }
  }

  #giveBack(frame: number, { page, table, at }: Mapping): void {
    this.#mappings.delete(frame);
    page.unmap();
    unmapGrant(table, at, this.#options.domid); // after the last access: with it the owner may use the frame for something else
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

  /** Read once: what the owner's table says later does not move its end. */
  #readMaximum(asked: number | bigint): number {
    const maximum = this.#table(1, asked).load32(GRANT_TABLE_MAXIMUM % FRAME_BYTES);
    if (maximum > 0 && maximum <= MAX_FRAMES) return maximum;
    throw new CtrlIfError(
      'ERR_CTRL_IF_FRAME_RANGE',
      `domain ${this.#options.owner} has no grant table: it says that its memory has at most ${maximum} frames; 1 to ${MAX_FRAMES} were expected`,
      { domid: this.#options.owner, offset: GRANT_TABLE_MAXIMUM, received: maximum },
    );
  }

  #table(tableFrame: number, asked: number | bigint): AtomicPage {
    let table = this.#tables.get(tableFrame);
    if (!table) {
      try {
        table = this.#options.open(tableFrame * FRAME_BYTES, FRAME_BYTES);
      } catch (failure) {
        if ((failure as CtrlIfError).code !== 'ERR_CTRL_IF_PAGE_TRUNCATED') throw failure;
        throw this.#outOfRange(asked, failure);
      }
      this.#tables.set(tableFrame, table);
    }
    return table;
  }

  #outOfRange(frame: number | bigint, cause?: unknown): CtrlIfError {
    const { owner } = this.#options;
    return new CtrlIfError(
      'ERR_CTRL_IF_FRAME_RANGE',
      `${frame} is no frame that domain ${owner} can grant: it lies outside that domain's memory, or is the control page or grant table`,
      { advice: 'name one that it allocated', domid: owner, received: frame, cause },
    );
  }

  #notGranted(frame: number): CtrlIfError {
    const { domid } = this.#options;
    return this.#fail(
      'ERR_CTRL_IF_FRAME_NOT_GRANTED',
      frame,
      `is not granted to domain ${domid}; its owner must grant access to it first`,
    );
  }

  #fail(code: CtrlIfError['code'], frame: number, sentence: string): CtrlIfError {
    const { owner } = this.#options;
    return new CtrlIfError(code, `frame ${frame} of domain ${owner} ${sentence}`, { domid: owner, received: frame });
  }
}

/** What is said to who wants a frame of it. */
export function domainGone(domid: number): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DOMAIN', `domain ${domid} is gone, and its frames with it`, {
    advice: 'map no more of them',
    domid,
  });
}

function frameOf(page: Page, owner: number, frame: number, unmap: () => void): MappedFrame {
  let isUnmapped = false;
  const at = (offset: number, bytes: number): number => {
    // The page may be mapped still, for another who holds the frame.
    if (isUnmapped) throw closedError(`of frame ${frame} of domain ${owner}`);
    checkInFrame(offset, bytes);
    return offset;
  };
  return {
    owner,
    frame,
    page,
    load32: (offset) => page.load32(at(offset, 4)),
    store32: (offset, value) => page.store32(at(offset, 4), value),
    read: (offset, target) => page.read(at(offset, target.length), target),
    write: (offset, source) => page.write(at(offset, source.length), source),
    unmap: () => {
      isUnmapped = true;
      unmap();
    },
  };
}
