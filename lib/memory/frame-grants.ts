import { CtrlIfError } from '../errors.ts';
import { GRANT_TABLE_MAXIMUM, grantAt } from '../wire/memory.ts';
import { clearGrant, endAccess, type GrantWords, grantAccess, readGrant } from './grant-word.ts';

/**
 * Which frames of a domain are granted to which domain: the owner's side of the grant table, which lies in its own memory, where
 * backends read it before they map and mark what they map. What was granted is remembered privately as well, so that no
 * peer's scribble frees a frame; only whether it is mapped is the peer's to say.
 */
export class FrameGrants {
  readonly #words: GrantWords;
  readonly #granted = new Map<number, number>();

  /** `words` are the memory from frame 0 on. */
  constructor(words: GrantWords, maximum: number) {
    this.#words = words;
    words.store32(GRANT_TABLE_MAXIMUM, maximum);
  }

  /**
   * Lets that domain map the frame. Once more to the same domain is no error; to another it is, `ERR_CTRL_IF_FRAME_IN_USE`,
   * as long as the first has it.
   */
  grantAccess(frame: number, domid: number): void {
    if (!Number.isInteger(domid) || domid < 0 || domid > 0xffff) {
      throw new CtrlIfError('ERR_CTRL_IF_VALUE', `${domid} is no domid; it must be an integer from 0 to 65535`, {
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
        'cannot be granted to domain',
        'its grant says that somebody maps it; try again, or use another frame',
      );
    }
    this.#granted.set(frame, domid);
  }

  /**
   * Ends that domain's access; for a frame that is not granted nothing happens. While the backend has it mapped it is
   * `ERR_CTRL_IF_FRAME_IN_USE`, for a frame that another process still writes to must not be used for anything else.
   * `force` takes it all the same: only for a backend that is dead.
   */
  endAccess(frame: number, { force = false }: { force?: boolean } = {}): void {
    const domid = this.#granted.get(frame);
    if (domid === undefined) return;
    if (force) clearGrant(this.#words, grantAt(frame));
    else if (!endAccess(this.#words, grantAt(frame))) {
      throw inUse(frame, domid, 'is mapped by domain', 'have it disconnect first, or force this if it is dead');
    }
    this.#granted.delete(frame);
  }

  /** Ends all access of that domain, mapped or not: it is dead. Returns the frames. */
  endAllAccess(domid: number): number[] {
    const frames = [...this.#granted].flatMap(([frame, to]) => (to === domid ? [frame] : []));
    for (const frame of frames) this.endAccess(frame, { force: true });
    return frames;
  }

  grantedTo(frame: number): number | undefined {
    return this.#granted.get(frame);
  }

  /** Whether the backend says that it has it mapped. */
  isMapped(frame: number): boolean {
    return this.#granted.has(frame) && readGrant(this.#words, grantAt(frame)).mapped;
  }
}

function inUse(frame: number, domid: number, what: string, advice: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_FRAME_IN_USE', `frame ${frame} ${what} ${domid}`, {
    advice: `${advice}`,
    domid,
    received: frame,
  });
}
