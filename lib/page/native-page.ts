import { ENGINE_NUMBERS } from '../wire/page.ts';
import type { NativeAddon, NativeDoorbell, NativeEvents, NativeRinger, NativeSegment } from './addon.ts';
import { closedError, pageError } from './failure.ts';
import { openDoorbell, openRinger } from './native-doorbell.ts';
import { NativeRingEngine } from './native-ring.ts';
import type { AtomicPage, EventPage, PollCost } from './page.ts';
import { requireAddon } from './require-addon.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** The scale of the other engines refers to this one. */
const POLL_COST: PollCost = { pollsPerCall: 200, scale: 1 };

/** POSIX shared memory mapped by the addon: words are real atomics, with the fences of `native/include/ctrl_if`. */
export class NativePage implements EventPage, AtomicPage {
  readonly engine = 'native';
  readonly engineNumber = ENGINE_NUMBERS.native;
  readonly atomic = true;
  readonly pollCost = POLL_COST;
  readonly bytes: number;
  readonly uid: number;
  readonly mode: number;
  /** The descriptor of the segment, open for peers that map it by {@link openAt}; -1 when it was not kept. */
  readonly fd: number;
  load32: NativeSegment['load32'];
  store32: NativeSegment['store32'];
  compareExchange32: NativeSegment['compareExchange32'];
  armWakeup: NativeSegment['armWakeup'];
  claimWakeup: NativeSegment['claimWakeup'];
  read: NativeSegment['read'];
  write: NativeSegment['write'];
  readonly #name: string;
  readonly #segment: NativeSegment;

  private constructor(name: string, segment: NativeSegment) {
    this.#name = name;
    this.#segment = segment;
    this.bytes = segment.bytes;
    this.uid = segment.uid;
    this.mode = segment.mode;
    this.fd = segment.fd;
    // The addon's functions know their mapping. Used directly, each call is a single call into the addon.
    this.load32 = segment.load32;
    this.store32 = segment.store32;
    this.compareExchange32 = segment.compareExchange32;
    this.armWakeup = segment.armWakeup;
    this.claimWakeup = segment.claimWakeup;
    this.read = segment.read;
    this.write = segment.write;
  }

  static create(name: string, bytes: number, keepDescriptor = false): NativePage {
    return NativePage.#with(name, (addon) => addon.createSegment(name, bytes, keepDescriptor));
  }

  /** Maps the whole segment or, with `startOnly`, its first `minBytes`. */
  static open(name: string, minBytes: number, startOnly = false): NativePage {
    return NativePage.#with(name, (addon) => addon.openSegment(name, minBytes, startOnly));
  }

  /** Maps a part of the segment that process `pid` keeps open as `fd`, whether or not it still has a name. */
  static openAt(pid: number, fd: number, offset: number, bytes: number): NativePage {
    return NativePage.#with(`${fd} of process ${pid}`, (addon) => addon.openSegmentAt(pid, fd, offset, bytes));
  }

  openRing(parts: RingParts): RingEngine {
    return new NativeRingEngine(this.#segment, parts);
  }

  get eventPage(): EventPage {
    return this;
  }

  openEvents(fired: Uint32Array): NativeEvents {
    return this.#segment.openEvents(fired);
  }

  openNotify(): NativeEvents['notify'] {
    return this.#segment.openEvents().notify;
  }

  openDoorbell(onRing: () => void): NativeDoorbell {
    return openDoorbell(onRing);
  }

  openRinger(pid: number, descriptor: number): NativeRinger {
    return openRinger(pid, descriptor);
  }

  static #with(name: string, map: (addon: NativeAddon) => NativeSegment): NativePage {
    const addon = requireAddon();
    try {
      return new NativePage(name, map(addon));
    } catch (failure) {
      throw pageError(failure, name);
    }
  }

  unmap(): void {
    this.#segment.unmap();
    // The addon refuses these calls with an error of its own. They are replaced here, because a check in each call would cost time.
    const closed = (): never => {
      throw closedError(this.#name);
    };
    this.load32 = this.store32 = this.armWakeup = this.claimWakeup = this.read = this.write = closed;
    this.compareExchange32 = closed;
  }
}
