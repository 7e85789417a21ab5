import { CtrlIfError } from '../errors.ts';
import { checkDomid } from '../event-channel/registry.ts';
import { domainGone, FrameMapper, type MappedFrame } from '../memory/frame-mapper.ts';
import { memoryEngine } from '../page/create-memory.ts';
import type { MemoryEngine } from '../page/engine.ts';
import { ForeignSegment, type SegmentAddress } from '../page/foreign-segment.ts';
import type { NamedEngine } from '../page/page.ts';
import type { ControlSocket } from './control-socket.ts';

export interface ForeignFramesOptions {
  /** Whose frames these are not: the domain that maps. */
  domid: number;
  engine: NamedEngine;
  controlSocket: ControlSocket<'guest'>;
}

/** The frames of other domains in this process: each owner's memory is asked for and opened once. */
export class ForeignFrames {
  readonly #options: ForeignFramesOptions;
  /** By owner. */
  readonly #opening = new Map<number, Promise<FrameMapper>>();
  /** With those of owners that are gone, as long as frames of theirs are mapped. */
  readonly #mappers = new Set<FrameMapper>();
  #ended = false;

  constructor(options: ForeignFramesOptions) {
    this.#options = options;
    options.controlSocket.answer('domain-gone', ({ domid }) => this.#forget(domid));
  }

  /**
   * See {@link FrameMapper.map}; `ERR_CTRL_IF_DOMAIN` for an owner that is unknown, gone, or has no memory;
   * `ERR_CTRL_IF_ENGINE` where this side's engine maps no frames.
   */
  async map(owner: number, frame: number | bigint): Promise<MappedFrame> {
    checkDomid(owner);
    const engine = memoryEngine(this.#options.engine);
    let opening = this.#opening.get(owner);
    if (!opening) {
      const asked = this.#open(owner, engine);
      opening = asked;
      this.#opening.set(owner, asked);
      asked.catch(() => {
        // The next one asks again.
        if (this.#opening.get(owner) === asked) this.#opening.delete(owner);
      });
    }
    const mapper = await opening;
    // Its end may have been told while it was waited for.
    if (this.#opening.get(owner) !== opening) mapper.retire();
    return mapper.map(frame);
  }

  /** This domain's end: nothing stays mapped. */
  end(): void {
    this.#ended = true;
    for (const mapper of [...this.#mappers]) mapper.close();
  }

  async #open(owner: number, engine: MemoryEngine): Promise<FrameMapper> {
    const { domid, controlSocket } = this.#options;
    const address = await controlSocket.ask('domain-memory', { domid: owner });
    if (this.#ended) throw domainGone(owner);
    const segment = openSegment(owner, address, engine);
    const mapper: FrameMapper = new FrameMapper({
      owner,
      domid,
      open: (offset, bytes) => segment.map(offset, bytes),
      release: () => {
        this.#mappers.delete(mapper);
        segment.close();
      },
    });
    this.#mappers.add(mapper);
    return mapper;
  }

  #forget(owner: number): void {
    const opening = this.#opening.get(owner);
    this.#opening.delete(owner);
    opening?.then(
      (mapper) => mapper.retire(),
      () => {},
    );
  }
}

function openSegment(owner: number, address: SegmentAddress, engine: MemoryEngine): ForeignSegment {
  try {
    return new ForeignSegment(address, engine);
  } catch (cause) {
    if ((cause as CtrlIfError).code !== 'ERR_CTRL_IF_PAGE_NOT_FOUND') throw cause;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DOMAIN',
      `the memory of domain ${owner} is not to be found in process ${address.pid}: it has just ended, or runs where its /proc is another (run both in one PID namespace)`,
      { domid: owner, cause },
    );
  }
}
