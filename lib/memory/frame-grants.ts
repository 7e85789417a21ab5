import { CtrlIfError } from '../errors.ts';
import { GRANT_TABLE_MAXIMUM, grantAt } from '../wire/memory.ts';
import { clearGrant, endAccess, type GrantWords, grantAccess, readGrant } from './grant-word.ts';

/**
 * The owner's side of the grant table, which lies in the owner's memory. A backend reads a grant there before it maps a frame,
 * and marks it as mapped. The owner also keeps each grant privately, so that no write of a peer frees a frame. Only the mapped
 * mark is the peer's to write.
 */
export class FrameGrants {
  readonly #words: GrantWords;
  readonly #granted = new Map<number, number>();

  /** @param words the memory, from frame 0 on */
  constructor(words: GrantWords, maximum: number) {
    this.#words = words;
    words.store32(GRANT_TABLE_MAXIMUM, maximum);
  }

  /**
   * Lets that domain map the frame. A second grant to the same domain changes nothing.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_IN_USE` while the frame is granted to another domain, or its grant says that it is
   *   mapped; `ERR_CTRL_IF_VALUE` when `domid` is no domid
   */
  grantAccess(frame: number, domid: number): void {
    if (!Number.isInteger(domid) || domid < 0 || domid > 0xffff) {
      throw new CtrlIfError('ERR_CTRL_IF_VALUE', `${domid} is no domid`, {
        advice: 'give an integer from 0 to 65535',
        field: 'domid',
        expected: '0 to 65535',
        received: domid,
      });
    }
    const before = this.#granted.get(frame);
    if (before === domid) return;
    if (before !== undefined) throw inUse(frame, before, 'is granted to domain', 'end its access first');
    if (!grantAccess(this.#words, grantAt(frame), domid)) {
      throw inUse(
        frame,
        domid,
        'is still marked as mapped, and cannot be granted to domain',
        'try again, or use another frame',
      );
    }
    this.#granted.set(frame, domid);
  }

  /**
   * Ends the access to a frame. For a frame that is not granted nothing happens. A frame that a backend has mapped is refused,
   * because the backend may still write to it. `force` ends the access all the same: use it only when the backend is dead.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_IN_USE` while the backend has the frame mapped, unless `force`
   */
  endAccess(frame: number, { force = false }: { force?: boolean } = {}): void {
    const domid = this.#granted.get(frame);
    if (domid === undefined) return;
    if (force) clearGrant(this.#words, grantAt(frame));
    else if (!endAccess(this.#words, grantAt(frame))) {
      throw inUse(frame, domid, 'is mapped by domain', 'disconnect the backend first, or use force when it is dead');
    }
    this.#granted.delete(frame);
  }

  /** Ends all access of a dead domain, mapped or not. Returns the frames. */
  endAllAccess(domid: number): number[] {
    const frames = [...this.#granted].flatMap(([frame, to]) => (to === domid ? [frame] : []));
    for (const frame of frames) this.endAccess(frame, { force: true });
    return frames;
  }

  /** The domid that the frame is granted to; undefined when it is not granted. */
  grantedTo(frame: number): number | undefined {
    return this.#granted.get(frame);
  }

  /** Whether the frame is granted and its grant says that it is mapped. */
  isMapped(frame: number): boolean {
    return this.#granted.has(frame) && readGrant(this.#words, grantAt(frame)).mapped;
  }
}

/** @param state the middle of the sentence "frame 5 ... 3", where 3 is the domid */
function inUse(frame: number, domid: number, state: string, advice: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_FRAME_IN_USE', `frame ${frame} ${state} ${domid}`, {
    advice,
    domid,
    received: frame,
  });
}
