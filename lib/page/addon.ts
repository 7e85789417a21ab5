import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The one seam to the binary: what `native/addon.cc` exports. TS validates; the addon only guards memory. */
export interface NativeAddon {
  createSegment(name: string, bytes: number): NativeSegment;
  openSegment(name: string, minBytes: number): NativeSegment;
  unlinkSegment(name: string): void;
  /** Words for orders and results of {@link transfer}; `ring/native-ring.ts` says which. One desk a thread. */
  readonly desk: ArrayBuffer;
  /** Carries out the order on the desk. */
  transfer(): void;
}

/** A mapped POSIX shared-memory object. Offsets are in bytes and 4-aligned; every call is bounds-checked. */
export interface NativeSegment {
  readonly bytes: number;
  readonly uid: number;
  readonly mode: number;
  load32(offset: number): number;
  store32(offset: number, value: number): void;
  claimWakeup(offset: number): boolean;
  armWakeup(offset: number): void;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
  openRing(
    role: 'front' | 'back',
    offset: number,
    entryBytes: number,
    slots: number,
    outbox: Uint8Array,
    inbox: Uint8Array,
    peerWakeup: number,
  ): NativeRing;
  unmap(): void;
}

/** One half of a ring, open for as long as this object is reachable. */
export interface NativeRing {
  readonly unanswered: number;
  /** What it is called on the desk. */
  readonly index: number;
}

export type AddonLoad = { addon: NativeAddon } | { addon: undefined; reason: Error };

let loaded: AddonLoad | undefined;

/** Loads the addon once a thread: from `build/` in a checkout, from `prebuilds/` in an installed package. */
export function loadAddon(): AddonLoad {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  try {
    const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
    loaded = { addon: require('node-gyp-build')(packageRoot) as NativeAddon };
  } catch (cause) {
    loaded = { addon: undefined, reason: cause as Error };
  }
  return loaded;
}
