import { CtrlIfError } from '../errors.ts';
import type { Page } from '../page/page.ts';
import { RingHalf, type RingOptions } from './half.ts';

/**
 * The back half: {@link pop} requests, {@link push} one response for each, in any order, and {@link flush} them.
 * Attached to a ring in use, it takes every unanswered request again (PROTOCOL.md 1.8, H19).
 *
 * Without options it is the back of the control page's `tx_ring`.
 */
export class BackRing extends RingHalf {
  #taken = 0;

  /**
   * Attaches to the ring, whose memory must be zeroed or in use.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RING_GEOMETRY` when the options fit no ring of this page; `ERR_CTRL_IF_PEER_INDEX` when the
   *   ring holds indices that no two honest halves can leave; `ERR_CTRL_IF_PAGE_CLOSED` when the page is unmapped
   */
  constructor(page: Page, options: RingOptions = {}) {
    super(page, 'back', options);
  }

  /** Requests popped and not yet answered: how many responses {@link push} takes. */
  get room(): number {
    return this.#taken - this.staged;
  }

  /**
   * Copies one response to the outbox, the rest of it zero.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RING_NOT_OUTSTANDING` when every popped request has its response (H6);
   *   `ERR_CTRL_IF_RING_ENTRY` when the response is longer than an entry
   */
  override push(response: Uint8Array): boolean {
    if (super.push(response)) return true;
    throw new CtrlIfError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'no popped request is waiting for a response', {
      advice: 'answer each request once',
    });
  }

  /** @internal */
  protected onPublished(count: number): void {
    this.#taken -= count;
  }

  /** @internal */
  protected onCollected(): void {}

  /** @internal */
  protected onTaken(count: number): void {
    this.#taken += count;
  }
}
