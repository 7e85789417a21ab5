import { CtrlIfError } from '../errors.ts';
import type { Page } from '../page/page.ts';
import { RingHalf, type RingOptions } from './half.ts';

/**
 * The half that answers: {@link pop} requests, {@link push} one response for each, in any order, and {@link flush}.
 * Attached to a ring in use, it takes again every request that nobody answered (PROTOCOL.md 1.8, H19).
 *
 * Opened without options it is the back of the control page's `tx_ring`.
 */
export class BackRing extends RingHalf {
  #taken = 0;

  constructor(page: Page, options: RingOptions = {}) {
    super(page, 'back', options);
  }

  /** Requests popped and not yet answered: how many responses {@link push} takes. */
  get room(): number {
    return this.#taken - this.staged;
  }

  /** Throws `ERR_CTRL_IF_RING_NOT_OUTSTANDING` where there is no popped request left to answer (H6). */
  override push(response: Uint8Array): boolean {
    if (super.push(response)) return true;
    throw new CtrlIfError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'no popped request is waiting for a response', {
      advice: 'answer each request once',
    });
  }

  protected onPublished(count: number): void {
    this.#taken -= count;
  }

  protected onCollected(): void {}

  protected onTaken(count: number): void {
    this.#taken += count;
  }
}
