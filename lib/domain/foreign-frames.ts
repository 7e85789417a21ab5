import { CtrlIfError } from '../errors.ts';
import { checkDomid } from '../event-channel/registry.ts';
import { domainGone, FrameMapper, type MappedFrame } from '../memory/frame-mapper.ts';
import { memoryEngine } from '../page/create-memory.ts';
import type { MemoryEngine } from '../page/engine.ts';
import { ForeignSegment, type SegmentAddress } from '../page/foreign-segment.ts';
import type { NamedEngine } from '../page/page.ts';
import type { ControlSocket } from './control-socket.ts';

export interface ForeignFramesOptions {
  /** The domid of the domain that maps. */
  domid: number;
  engine: NamedEngine;
  controlSocket: ControlSocket<'guest'>;
}

/** Maps frames of other domains in this process. It asks for and opens the memory of each owner once. */
export class ForeignFrames {
  readonly #options: ForeignFramesOptions;
  /** The mappers that are open or being opened, by the owner's domid. */
  readonly #opening = new Map<number, Promise<FrameMapper>>();
  /** All mappers, also those of owners that are gone, as long as frames of theirs are mapped. */
  readonly #mappers = new Set<FrameMapper>();
  #ended = false;

  constructor(options: ForeignFramesOptions) {
    this.#options = options;
    options.controlSocket.answer('domain-gone', ({ domid }) => this.#retire(domid));
  }

  /**
   * As {@link FrameMapper.map}.
   *
   * @throws CtrlIfError as there, and `ERR_CTRL_IF_DOMAIN` when the owner is unknown, gone or without a memory, `_ENGINE` when this side's
   *   engine maps no frames
   */
  async map(owner: number, frame: number | bigint): Promise<MappedFrame> {
    checkDomid(owner);
    const engine = memoryEngine(this.#options.engine);
    let opening = this.#opening.get(owner);
    if (!opening) {
      const opened = this.#open(owner, engine);
      opening = opened;
      this.#opening.set(owner, opened);
      opened.catch(() => {
        // The next call asks again.
        if (this.#opening.get(owner) === opened) this.#opening.delete(owner);
      });
    }
    const mapper = await opening;
    // The owner may have ended while its memory was opened.
    if (this.#opening.get(owner) !== opening) mapper.retire();
    return mapper.map(frame);
  }

  /** Unmaps all frames at the end of this domain. */
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

  #retire(owner: number): void {
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
      `process ${address.pid} does not show the memory of domain ${owner}: it has just ended, or is in another PID namespace`,
      { advice: 'run both domains in one PID namespace', domid: owner, cause },
    );
  }
}
