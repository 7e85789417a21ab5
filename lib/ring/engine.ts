import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import type { Page } from '../page/page.ts';
import type { RingEngine, RingGeometry, RingRole } from '../page/ring-engine.ts';
import { checkGeometry } from './geometry.ts';
import { privateBytes } from './private-bytes.ts';

export { NOT_OUTSTANDING, PEER_INDEX, RING_CLOSED, RING_PEER } from '../page/native-codes.ts';
export type { RingEngine, RingRole } from '../page/ring-engine.ts';

/** A half that is attached to a ring. */
export interface OpenRing {
  engine: RingEngine;
  /** `slots` entries to publish from. */
  outbox: Uint8Array;
  /** `slots` entries that were collected. */
  inbox: Uint8Array;
}

/**
 * Attaches one half to the ring at `geometry` and goes on from its indices (all zero in a new page).
 *
 * @param peerWakeup byte offset of the peer's sleep word in the page; -1 when it has none
 * @param inPlace whether outbox and inbox are one array
 * @throws CtrlIfError `ERR_CTRL_IF_RING_GEOMETRY` when the geometry fits no ring of this page; `ERR_CTRL_IF_PEER_INDEX` when the
 *   ring holds indices that no two honest halves can leave; `ERR_CTRL_IF_PAGE_CLOSED` when the page is unmapped
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
    return { engine: page.openRing({ role, geometry, outbox, inbox, peerWakeup }), outbox, inbox };
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ECLOSED') throw closedError('of this ring');
    if (code !== 'EPEERINDEX') throw failure;
    throw new CtrlIfError(
      'ERR_CTRL_IF_PEER_INDEX',
      `the ring at byte ${geometry.offset} holds more unanswered requests than it has slots, which no two honest halves can leave`,
      { advice: 'make a new page', offset: geometry.offset, cause: failure },
    );
  }
}
