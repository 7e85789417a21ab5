import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The one seam to the binary: what `native/addon.cc` exports. TS validates; the addon only guards memory. */
export interface NativeAddon {
  createSegment(name: string, bytes: number): NativeSegment;
  openSegment(name: string, minBytes: number): NativeSegment;
  unlinkSegment(name: string): void;
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
  ): NativeRing;
  unmap(): void;
}

/** One half of a ring; both calls return a count, or a negative code (see `ring/engine.ts`). */
export interface NativeRing {
  readonly unanswered: number;
  publish(count: number): number;
  collect(max: number, polls: number): number;
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
