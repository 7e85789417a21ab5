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
import { claimGrant, isClaimed, releaseGrant } from './grant-word.ts';

export interface FrameMapperOptions {
  /** Whose memory it is. */
  owner: number;
  /** Who maps: frames must be offered to this domain. */
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
interface Claimed {
  readonly page: Page;
  readonly table: AtomicPage;
  readonly at: number;
  holders: number;
}

/**
 * A backend's view of one other domain's memory: frames that were offered to it, and nothing else. The grant is claimed
 * before the frame is mapped, so that its owner cannot take it away in between, and looked at again afterwards.
 */
export class FrameMapper {
  readonly #options: FrameMapperOptions;
  readonly #tables = new Map<number, AtomicPage>();
  readonly #claims = new Map<number, Claimed>();
  readonly #mapped = new Set<MappedFrame>();
  #maximum: number | undefined;
  #retired = false;

  /** Maps nothing yet. */
  constructor(options: FrameMapperOptions) {
    this.#options = options;
  }

  /** How many frames are mapped, each once however many hold it. */
  get count(): number {
    return this.#claims.size;
  }

  /**
   * A frame that is mapped here already is held once more: its grant goes back with the last that unmaps it.
   * `ERR_CTRL_IF_FRAME_RANGE`: the owner has no such frame to offer. `ERR_CTRL_IF_FRAME_NOT_OFFERED`: not to this domain.
   * `ERR_CTRL_IF_FRAME_IN_USE`: another mapper of this domain has it. `ERR_CTRL_IF_DOMAIN`: after {@link retire}. When it
   * fails nothing stays mapped or claimed that was not before.
   */
  map(shmemFrame: number | bigint): MappedFrame {
    if (this.#retired) throw domainGone(this.#options.owner);
    const frame = this.#checkRange(shmemFrame);
    const claim = this.#claims.get(frame) ?? this.#claim(frame);
    const { page, table, at } = claim;
    if (!isClaimed(table, at, this.#options.domid)) {
      if (claim.holders === 0) this.#giveBack(frame, claim);
      throw this.#notOffered(frame);
    }
    claim.holders++;
    const mapped = frameOf(page, this.#options.owner, frame, () => {
      if (!this.#mapped.delete(mapped) || --claim.holders > 0) return;
      this.#giveBack(frame, claim);
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

  /** Claims the grant, then maps. */
  #claim(frame: number): Claimed {
    const { domid, open } = this.#options;
    const table = this.#table(grantTableFrame(frame), frame);
    const at = grantAt(frame) % FRAME_BYTES;
    const claim = claimGrant(table, at, domid);
    if (claim === 'mapped') {
      throw this.#fail('ERR_CTRL_IF_FRAME_IN_USE', frame, `is mapped by domain ${domid} already; unmap it there first`);
    }
    if (claim === 'not-offered') throw this.#notOffered(frame);
    try {
      const claimed = { page: open(frame * FRAME_BYTES, FRAME_BYTES), table, at, holders: 0 };
      this.#claims.set(frame, claimed);
      return claimed;
    } catch (failure) {
      releaseGrant(table, at, domid);
      throw (failure as CtrlIfError).code === 'ERR_CTRL_IF_PAGE_TRUNCATED' ? this.#outOfRange(frame, failure) : failure;
    }
  }

  #giveBack(frame: number, { page, table, at }: Claimed): void {
    this.#claims.delete(frame);
    page.unmap();
    releaseGrant(table, at, this.#options.domid); // after the last access: with it the owner may use the frame for something else
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
      `${frame} is no frame that domain ${owner} can offer: it lies outside that domain's memory, or is the control page or grant table; name one that it allocated`,
      { domid: owner, received: frame, cause },
    );
  }

  #notOffered(frame: number): CtrlIfError {
    const { domid } = this.#options;
    return this.#fail(
      'ERR_CTRL_IF_FRAME_NOT_OFFERED',
      frame,
      `is not offered to domain ${domid}; its owner must offer it first`,
    );
  }

  #fail(code: CtrlIfError['code'], frame: number, sentence: string): CtrlIfError {
    const { owner } = this.#options;
    return new CtrlIfError(code, `frame ${frame} of domain ${owner} ${sentence}`, { domid: owner, received: frame });
  }
}

/** What is said to who wants a frame of it. */
export function domainGone(domid: number): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DOMAIN', `domain ${domid} is gone, and its frames with it; map no more of them`, {
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
