import type { MemorySegment } from './memory-segment.ts';
import type { AtomicPage, EventPage, NamedEngine, NamedPage } from './page.ts';

/** Why an engine cannot serve in this process. */
export interface EngineAbsence {
  /** A sentence without its full stop, on one line: "the addon does not load here". */
  readonly why: string;
  /** An imperative clause: "run npm run build here". */
  readonly advice: string;
  readonly cause: Error;
}

/** The part of an engine that maps guest memory. */
export interface MemoryEngine {
  /** Creates segment `name`, for this user alone, with frame 0 and addresses for `maximum` frames. */
  create(name: string, maximum: number): MemorySegment;
  /**
   * Maps a part of the segment that this process has open as `descriptor`. `offset` is a multiple of the system's page size.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PAGE_TRUNCATED` when the segment is shorter
   */
  map(descriptor: number, offset: number, bytes: number): AtomicPage;
}

/** One way to move the bytes of named pages. `docs/engines.md` says how to add one. */
export interface Engine {
  /** Its name in `CTRL_IF_ENGINE` and in the engine option. */
  readonly name: NamedEngine;
  /** Its number in a control page, at `PROCESS_ENGINE`. */
  readonly number: number;
  /** Whether its pages are {@link import('./page.ts').Page.atomic}. */
  readonly atomic: boolean;
  /** The reason for the choice when no engine was requested and this is the first that can serve. */
  readonly whyAvailable: string;
  /** Why it cannot serve here; undefined when it can. */
  absence(): EngineAbsence | undefined;
  /** Called when it was not requested, and serves because no better engine can. */
  warnAsFallback?(why: string): void;
  /**
   * Creates segment `name`, zeroed, which only this user can read and write. With `keepDescriptor` an {@link EventPage} keeps its
   * `fd` open for peers.
   */
  create(name: string, bytes: number, keepDescriptor?: boolean): NamedPage;
  /** Maps all of segment `name`, or with `startOnly` its first `minBytes`. */
  open(name: string, minBytes: number, startOnly?: boolean): NamedPage;
  /**
   * Maps the page that process `pid` keeps open as `descriptor`, to notify the domain that owns it. Absent where the engine has no
   * atomic operation to set a bit; its pages then have no `eventPage`.
   */
  openEventPage?(pid: number, descriptor: number): EventPage;
  /** Absent where the engine has no real mappings. Its guests then have a control page and no memory. */
  readonly memory?: MemoryEngine;
}
