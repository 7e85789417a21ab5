import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import { NativePage } from '../page/native-page.ts';
import type { Page } from '../page/page.ts';
import { checkGeometry, type RingGeometry } from './geometry.ts';
import { NativeRingEngine } from './native-ring.ts';
import { PageRing } from './page-ring.ts';
import { privateBytes } from './private-bytes.ts';

export { NOT_OUTSTANDING, PEER_INDEX, RING_CLOSED, RING_PEER } from '../page/native-codes.ts';

/** The front produces requests and consumes responses, the back the reverse. On `tx` the guest is front. */
export type RingRole = 'front' | 'back';

/**
 * One half of a ring, moving whole entries between the slots and two private buffers. The bounds of every peer index
 * are checked, each byte is read from the page once, and after a negative answer nothing has changed.
 */
export interface RingEngine {
  /** Requests published and not yet answered when this half attached. */
  readonly unanswered: number;
  /** Copies the first `count` entries of the outbox into the next slots and publishes them with one store-release. */
  publish(count: number): number;
  /** Copies up to `max` new entries into the inbox, looking up to `polls` times while there is none. */
  collect(max: number, polls: number): number;
  /**
   * {@link publish}, then a look whether the peer sleeps (`RING_PEER`), then {@link collect}, in one crossing. With
   * `count` 0 nothing is published and nobody is rung; with `max` 0 nothing is collected.
   */
  exchange(count: number, max: number, polls: number): number;
}

export interface OpenRing {
  engine: RingEngine;
  /** `slots` entries: what is to be published. */
  outbox: Uint8Array;
  /** `slots` entries: what was collected. */
  inbox: Uint8Array;
}

/**
 * Attaches one half to the ring at `geometry`, from the indices that are there (all zero in a new page).
 *
 * @param peerWakeup where in the page the peer says that it sleeps; -1 when it says so nowhere
 * @param inPlace whether outbox and inbox are one
 */
export function openRingEngine(
  page: Page,
  role: RingRole,
  geometry: RingGeometry,
  peerWakeup = -1,
  inPlace = false,
): OpenRing {
  checkGeometry(geometry, page);
  const { entryBytes, slots } = geometry;
  const outbox = privateBytes(entryBytes * slots);
  const inbox = inPlace ? outbox : privateBytes(entryBytes * slots);
  try {
    const engine =
      page instanceof NativePage
        ? new NativeRingEngine(page, role, geometry, outbox, inbox, peerWakeup)
        : new PageRing(page, role, geometry, outbox, inbox, peerWakeup);
    return { engine, outbox, inbox };
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ECLOSED') throw closedError('of this ring');
    if (code !== 'EPEERINDEX') throw failure;
    throw new CtrlIfError(
      'ERR_CTRL_IF_PEER_INDEX',
      `the ring at byte ${geometry.offset} holds indices that no two honest halves can have left: more requests than slots; make a new page`,
      { offset: geometry.offset, cause: failure },
    );
  }
}
