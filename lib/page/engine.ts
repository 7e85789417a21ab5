import type { MemorySegment } from './memory-segment.ts';
import type { AtomicPage, EventPage, NamedEngine, NamedPage } from './page.ts';

/** Why an engine cannot serve in this process. */
export interface EngineAbsence {
  /** A sentence without its full stop, on one line: "the addon does not load here". */
  readonly why: string;
  /** What to do, as the end of a sentence: "run npm run build here". */
  readonly advice: string;
  readonly cause: Error;
}

/** An engine's mappings of guest memory. */
export interface MemoryEngine {
  /** Creates segment `name`, this user's alone, with frame 0 and addresses for `maximum` frames. */
  create(name: string, maximum: number): MemorySegment;
  /**
   * Maps a part of the segment that this process has open as `descriptor`, from a multiple of the system's page size;
   * `ERR_CTRL_IF_PAGE_TRUNCATED` when it is shorter.
   */
  map(descriptor: number, offset: number, bytes: number): AtomicPage;
}

/** One way to move the bytes of named pages. `docs/engines.md` says how to add one. */
export interface Engine {
  /** What `CTRL_IF_ENGINE` and the engine option call it. */
  readonly name: NamedEngine;
  /** What its pages say at `PARTY_ENGINE`. */
  readonly number: number;
  /** Whether its pages are {@link import('./page.ts').Page.atomic}. */
  readonly atomic: boolean;
  /** Why it is chosen where no engine was requested and it is the first that can serve. */
  readonly whyAvailable: string;
  /** Undefined where it can serve. */
  absence(): EngineAbsence | undefined;
  /** Called when it serves because no better engine can, and it was not requested. */
  warnAsFallback?(why: string): void;
  /**
   * Creates segment `name`, zeroed, readable and writable by this user alone. With `keepDescriptor` an
   * {@link EventPage} keeps its `fd` for peers.
   */
  create(name: string, bytes: number, keepDescriptor?: boolean): NamedPage;
  /** Maps all of segment `name`, or with `startOnly` its first `minBytes`. */
  open(name: string, minBytes: number, startOnly?: boolean): NamedPage;
  /**
   * Maps the page that process `pid` keeps open as `descriptor`, to notify the domain whose page it is. Absent where the
   * engine cannot set a bit that others set as well; its pages have no `eventPage` then.
   */
  openEventPage?(pid: number, descriptor: number): EventPage;
  /** Absent where the engine has no real mappings: its guests have a control page and nothing else. */
  readonly memory?: MemoryEngine;
}
