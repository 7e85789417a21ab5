import type { Page } from '../page/page.ts';
import { RingHalf, type RingOptions } from './half.ts';

/**
 * The half that asks: {@link push} requests, {@link flush} them, {@link pop} their responses. A slot is free again only
 * when its response was popped or collected with others, so at most `slots` requests are ever unanswered.
 *
 * Opened without options it is the front of the control page's `tx_ring`.
 */
export class FrontRing extends RingHalf {
  #unanswered: number;

  constructor(page: Page, options: RingOptions = {}) {
    super(page, 'front', options);
    this.#unanswered = this.unansweredAtAttach;
  }

  /** Requests published whose responses have not been collected. */
  get unanswered(): number {
    return this.#unanswered;
  }

  get room(): number {
    return this.slots - this.#unanswered - this.staged;
  }

  protected onPublished(count: number): void {
    this.#unanswered += count;
  }

  protected onCollected(count: number): void {
    this.#unanswered -= count;
  }

  protected onTaken(): void {}
}
