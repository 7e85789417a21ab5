import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import type { Page } from '../page/page.ts';
import type { RingEngine, RingGeometry, RingRole } from '../page/ring-engine.ts';
import { checkGeometry } from './geometry.ts';
import { privateBytes } from './private-bytes.ts';

export { NOT_OUTSTANDING, PEER_INDEX, RING_CLOSED, RING_PEER } from '../page/native-codes.ts';
export type { RingEngine, RingRole } from '../page/ring-engine.ts';

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
 * @throws CtrlIfError `ERR_CTRL_IF_RING_GEOMETRY`, `_PEER_INDEX` (indices that no honest halves left), `_PAGE_CLOSED`
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
      `the ring at byte ${geometry.offset} holds indices that no two honest halves can have left: more requests than slots`,
      { advice: 'make a new page', offset: geometry.offset, cause: failure },
    );
  }
}
