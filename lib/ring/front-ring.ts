import type { Page } from '../page/page.ts';
import { RingHalf, type RingOptions } from './half.ts';

/**
 * The front half: {@link push} requests, {@link flush} them, {@link pop} their responses. A slot is free again once its response
 * has been collected, so at most `slots` requests are ever unanswered.
 *
 * Without options it is the front of the control page's `tx_ring`.
 */
export class FrontRing extends RingHalf {
  #unanswered: number;

  /**
   * Attaches to the ring, whose memory must be zeroed or in use.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RING_GEOMETRY` when the options fit no ring of this page; `ERR_CTRL_IF_PEER_INDEX` when the
   *   ring holds indices that no two honest halves can leave; `ERR_CTRL_IF_PAGE_CLOSED` when the page is unmapped
   */
  constructor(page: Page, options: RingOptions = {}) {
    super(page, 'front', options);
    this.#unanswered = this.unansweredAtAttach;
  }

  /** Requests published whose responses have not been collected. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** How many more requests {@link push} takes now: slots without a request that is staged or unanswered. */
  get room(): number {
    return this.slots - this.#unanswered - this.staged;
  }

  /** @internal */
  protected onPublished(count: number): void {
    this.#unanswered += count;
  }

  /** @internal */
  protected onCollected(count: number): void {
    this.#unanswered -= count;
  }

  /** @internal */
  protected onTaken(): void {}
}
