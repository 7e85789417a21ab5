import { createRequire } from 'node:module';
import * as codes from './native-codes.ts';
import { packageRoot } from './package-place.ts';

/** The exports of `native/addon.cc`, the only interface to the binary. TypeScript validates; the addon only guards memory. */
export interface NativeAddon {
  /** Creates a segment. With `keepDescriptor` its `fd` stays open, for {@link openSegmentAt} in another process. */
  createSegment(name: string, bytes: number, keepDescriptor?: boolean): NativeSegment;
  /** Maps a whole segment or, with `startOnly`, its first `minBytes`. */
  openSegment(name: string, minBytes: number, startOnly?: boolean): NativeSegment;
  /**
   * Maps a part of the segment that process `pid` keeps open as `fd`, whether or not it still has a name; `offset` is a
   * multiple of the system's page size. Codes: ENOENT, EACCES, EKIND (no regular file), ETRUNCATED, EINVAL.
   */
  openSegmentAt(pid: number, fd: number, offset: number, bytes: number): NativeSegment;
  /**
   * Opens a pipe and calls `onRing` from the event loop after one or more rings. Code: ENOSYS where there is no libuv. Do not call
   * it in Bun or Deno, which export uv's names without all of its behaviour. Like a socket, it keeps the process alive until
   * `close()` or `unref()`.
   */
  openDoorbell(onRing: () => void): NativeDoorbell;
  /** Opens the doorbell of process `pid` by its `writeFd`. Codes: ENOENT, EACCES, EKIND (no pipe). */
  openRinger(pid: number, fd: number): NativeRinger;
  /** Creates a segment with frame 0 and addresses for `maxFrames` frames. */
  createMemory(name: string, maxFrames: number): NativeMemoryObject;
  /** The numbers of `native-codes.ts` that the addon was built with, by name. {@link loadAddon} compares them. */
  readonly codes: Readonly<Record<string, number>>;
  /** The words with the arguments and results of {@link transfer}: `CALL_*` of `native-codes.ts`. One block a thread. */
  readonly callBlock: ArrayBuffer;
  /** Publishes to and collects from the ring that the call block names. */
  transfer(): void;
}

/** A mapped POSIX shared-memory object. Offsets are in bytes and 4-aligned; every call is bounds-checked. */
export interface NativeSegment {
  readonly bytes: number;
  readonly uid: number;
  readonly mode: number;
  /** The kept descriptor, which {@link unmap} closes; -1 when it was not kept. */
  readonly fd: number;
  load32(offset: number): number;
  store32(offset: number, value: number): void;
  /** Returns the former value. `desired` is stored only when that was `expected`. */
  compareExchange32(offset: number, expected: number, desired: number): number;
  claimWakeup(offset: number): boolean;
  armWakeup(offset: number): void;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
  openRing(
    role: typeof codes.ROLE_FRONT | typeof codes.ROLE_BACK,
    offset: number,
    entryBytes: number,
    slots: number,
    outbox: Uint8Array,
    inbox: Uint8Array,
    peerWakeup: number,
  ): NativeRing;
  /** The event channels in bytes 2688 to 4095, for the page's owner. {@link NativeEvents.collect} writes to `ports`. */
  openEvents(ports: Uint32Array): NativeEvents;
  /** The same for a peer, which can only notify. */
  openEvents(): Pick<NativeEvents, 'notify'>;
  unmap(): void;
}

/**
 * The event channels of the domain that owns the page (`native/include/ctrl_if/event_channel.hpp`). Ports are 0 to 4095.
 * Peers call `notify`; the owner calls the rest, from one thread.
 */
export interface NativeEvents {
  /** Call it after publishing. 1: ring the doorbell of the page's owner. */
  notify(port: number): number;
  mask(port: number): void;
  /** 1: the port fired while it was masked; collect before sleeping. */
  unmask(port: number): number;
  /** `PORT_PENDING` and `PORT_MASKED`. */
  status(port: number): number;
  /**
   * Clears up to `max` pending ports, writes them to `ports` and returns how many. Fewer than `max` and `ports.length` means that no
   * more are pending.
   */
  collect(max: number): number;
}

/** This process's doorbell. */
export interface NativeDoorbell {
  /** The write end, for {@link NativeAddon.openRinger} in the peers. */
  readonly writeFd: number;
  unref(): void;
  /** Blocks the thread until the doorbell rings (true) or `timeoutMs` have passed (false). `onRing` is not called for it. */
  wait(timeoutMs: number): boolean;
  close(): void;
}

/** A peer's doorbell. */
export interface NativeRinger {
  /** Never fails. It does nothing when the peer is gone, and after `close()`. */
  ring(): void;
  close(): void;
}

/** A domain's own memory. Offsets are in bytes from frame 0. Each call is checked against the frames that have memory. */
export interface NativeMemoryObject {
  /** The descriptor, open until {@link unmap}. */
  readonly fd: number;
  load32(offset: number): number;
  store32(offset: number, value: number): void;
  compareExchange32(offset: number, expected: number, desired: number): number;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
  populate(first: number, count: number): void;
  punch(first: number, count: number): void;
  unmap(): void;
}

/** One half of a ring, open as long as this object is reachable. */
export interface NativeRing {
  readonly unanswered: number;
  /** The number of this ring in the call block. */
  readonly index: number;
}

/** The addon, or the reason why it does not load. */
export type AddonLoad = { addon: NativeAddon } | { addon: undefined; reason: Error };

let loaded: AddonLoad | undefined;

/** Loads the addon once a thread: from `build/` in a checkout, from `prebuilds/` in an installed package. */
export function loadAddon(): AddonLoad {
  if (loaded) return loaded;
  try {
    const root = packageRoot();
    const require = createRequire(import.meta.url);
    const addon = require('node-gyp-build')(root) as NativeAddon;
    checkCodes(addon.codes);
    loaded = { addon };
  } catch (cause) {
    loaded = { addon: undefined, reason: cause as Error };
  }
  return loaded;
}

/** Throws when the addon was built with other codes: an addon of another release would read and write other bytes. */
function checkCodes(found: Readonly<Record<string, number>> = {}): void {
  for (const [name, expected] of Object.entries(codes)) {
    if (found[name] === expected) continue;
    const other = found[name] === undefined ? 'has none' : `was built with ${found[name]}`;
    throw new Error(`the addon is not of this release: ${name} is ${expected} here, and the addon ${other}`);
  }
}
