import { markAsUntransferable } from 'node:worker_threads';
import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import { NativePage } from '../page/native-page.ts';
import type { Page } from '../page/page.ts';
import { checkGeometry, type RingGeometry } from './geometry.ts';
import { PageRing } from './page-ring.ts';

/** The front produces requests and consumes responses, the back the reverse. On `tx` the guest is front. */
export type RingRole = 'front' | 'back';

/** The peer's index is not one it can have reached: a lie, or (from a file engine) one seen half-written. */
export const PEER_INDEX = -1;
/** The page was unmapped. */
export const RING_CLOSED = -2;
/** A response was published for which no request had been taken. */
export const NOT_OUTSTANDING = -3;

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
}

export interface OpenRing {
  engine: RingEngine;
  /** `slots` entries: what is to be published. */
  outbox: Uint8Array;
  /** `slots` entries: what was collected. */
  inbox: Uint8Array;
}

/** Attaches one half to the ring at `geometry`, from the indices that are there (all zero in a new page). */
export function openRingEngine(page: Page, role: RingRole, geometry: RingGeometry): OpenRing {
  checkGeometry(geometry, page);
  const { offset, entryBytes, slots } = geometry;
  const outbox = privateBuffer(entryBytes * slots);
  const inbox = privateBuffer(entryBytes * slots);
  try {
    const engine =
      page instanceof NativePage
        ? page.segment.openRing(role, offset, entryBytes, slots, outbox, inbox)
        : new PageRing(page, role, geometry, outbox, inbox);
    return { engine, outbox, inbox };
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ECLOSED') throw closedError('of this ring');
    if (code !== 'EPEERINDEX') throw failure;
    throw new CtrlIfError(
      'ERR_CTRL_IF_PEER_INDEX',
      `the ring at byte ${offset} holds indices that no two honest halves can have left: more requests than slots; make a new page`,
      { offset, cause: failure },
    );
  }
}

/** The addon keeps a pointer into these, so their memory must never move to another thread. */
function privateBuffer(bytes: number): Uint8Array {
  const buffer = new ArrayBuffer(bytes);
  markAsUntransferable(buffer);
  return new Uint8Array(buffer);
}
