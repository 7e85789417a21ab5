import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Controller } from '../domain/controller.ts';
import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import { type ChosenEngine, chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import type { NamedEngine } from '../page/page.ts';
import { type MessageInputOf, SEED_MESSAGES } from '../wire/index.ts';
import { PAGE_BYTES } from '../wire/page.ts';
import { type Comparison, type Contestant, type ContestantName, compare } from './compare.ts';
import { comparisonLines, comparisonToJSON, NAMES } from './comparison-report.ts';
import { type Arrivals, type Crossing, receiveAll, sendAll } from './crossing.ts';
import { EXIT_FAILED } from './failure.ts';
import { byIdleness, loadBetween, sampleLoad } from './host-load.ts';
import type { EndReason, Lifetime } from './lifetime.ts';
import { MessagesPeer } from './messages-peer.ts';
import { identicalMessages, joinRows, type Row, rowsTable, rowToJSON, verdict } from './messages-report.ts';
import { Progress, writeJSON, writeLine } from './output.ts';
import { choosePlacing } from './placement.ts';
import { sampleOf } from './samples.ts';

export interface MessagesOptions {
  engine: EngineChoice;
  json?: boolean;
  /** Before the comparison: a table of all messages, only what came of them, or nothing at all, not even sent. */
  show?: 'table' | 'verdict' | 'comparison';
}

const ENGINE_NAMES = { native: 'native engine', file: 'pure-JS engine (file)' } as const;
const DEADLINE = 20_000;
/** Milliseconds in which both processes are quiet, to see what others do. */
const QUIET = 200;
/** A small message that a guest may answer at once. */
const COMPARED = sampleOf(SEED_MESSAGES.find(({ name }) => name === 'MEM_REQUEST_SET')!);

/** Both processes on one page, every message across, then the engines against each other. */
export async function messagesCommand(
  { engine: asked, json = false, show = 'table' }: MessagesOptions,
  lifetime: Lifetime,
): Promise<number> {
  const interrupted = lifetime.endInOrder();
  const exchange = new Exchange(asked, json, show, interrupted);
  try {
    return await exchange.run();
  } catch (error) {
    // Nobody is left to be told (`| head`), but it has not shown what it was to show.
    if (interrupted.reason === ('unread' satisfies EndReason)) return EXIT_FAILED;
    throw error;
  } finally {
    await exchange.close();
  }
}

class Exchange {
  readonly #chosen: ChosenEngine;
  /** Whoever asks for one engine has a reason; else all there are are compared. */
  readonly #compareBoth: boolean;
  readonly #json: boolean;
  readonly #show: NonNullable<MessagesOptions['show']>;
  readonly #progress: Progress;
  readonly #peer: MessagesPeer;
  readonly #name = `messages-${process.pid}-${randomBytes(3).toString('hex')}`;
  readonly #controllers: Controller[] = [];
  /** Fires with an error when the exchange cannot end well any more. */
  readonly #trouble: AbortSignal;
  readonly #deadline = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #performing: Promise<number> | undefined;

  constructor(
    asked: EngineChoice,
    json: boolean,
    show: NonNullable<MessagesOptions['show']>,
    interrupted: AbortSignal,
  ) {
    this.#show = show;
    keepFromWarning();
    this.#chosen = chooseEngine(asked);
    this.#peer = new MessagesPeer();
    this.#compareBoth = asked === 'auto' && (process.env.CTRL_IF_ENGINE || 'auto') === 'auto';
    this.#json = json;
    this.#progress = new Progress(!json);
    const giveUp = (code: 'ERR_CTRL_IF_TIMEOUT' | 'ERR_CTRL_IF_ABORTED', sentence: string) =>
      this.#deadline.abort(new CtrlIfError(code, sentence));
    this.#timer = globalThis.setTimeout(
      () => giveUp('ERR_CTRL_IF_TIMEOUT', `the exchange was not done within ${DEADLINE / 1000} s; try ctrl-if doctor`),
      DEADLINE,
    );
    interrupted.addEventListener('abort', () => giveUp('ERR_CTRL_IF_ABORTED', 'the exchange was interrupted'));
    this.#trouble = AbortSignal.any([this.#peer.lost, this.#deadline.signal]);
  }

  /** @returns the exit code */
  async run(): Promise<number> {
    const aborted = new Promise<never>((_, reject) => {
      const fail = () => reject(this.#trouble.reason);
      if (this.#trouble.aborted) fail();
      else this.#trouble.addEventListener('abort', fail, { once: true });
    });
    this.#performing = this.#perform();
    return await Promise.race([this.#performing, aborted]);
  }

  /** Gives back every name, page and process, whatever has happened. */
  async close(): Promise<void> {
    this.#progress.clear();
    if (this.#trouble.aborted) await this.#peer.kill();
    else await Promise.race([this.#peer.end(), once(this.#trouble, 'abort').then(() => this.#peer.kill())]);
    clearTimeout(this.#timer);
    await this.#closeControllers();
    // What was under way has failed by now, but may have made one more controller first.
    await this.#performing?.catch(() => {});
    await this.#closeControllers();
  }

  async #closeControllers(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.close()));
  }

  async #perform(): Promise<number> {
    const { engine, why } = this.#chosen;
    if (this.#show === 'comparison') return this.#compareAlone();
    const domain = await this.#link(engine);
    if (!this.#json && this.#show === 'table') {
      await writeLine(
        `controller (process ${process.pid}) and guest (process ${this.#peer.pid}) share one page of ${PAGE_BYTES} bytes\n${ENGINE_NAMES[engine]}: ${why}\n`,
      );
    }
    const rows = await this.#crossAll(domain);
    this.#progress.clear();
    if (!this.#json) {
      const shown = this.#show === 'table' ? rows : rows.filter(({ identical }) => !identical);
      if (shown.length > 0) await writeLine(`${rowsTable(shown).join('\n')}\n`);
      await writeLine(`${verdict(rows)}\n`);
    }

    const { comparison, whyOne } = await this.#compare();
    this.#progress.clear();
    const ok = identicalMessages(rows) === SEED_MESSAGES.length;
    if (this.#json)
      await writeJSON({
        ok,
        engine,
        why,
        messages: rows.map(rowToJSON),
        comparison: comparisonToJSON(comparison, whyOne),
      });
    else for (const line of comparisonLines(comparison, whyOne)) await writeLine(line);
    return ok ? 0 : EXIT_FAILED;
  }

  async #compareAlone(): Promise<number> {
    const { comparison, whyOne } = await this.#compare();
    this.#progress.clear();
    if (this.#json) await writeJSON({ comparison: comparisonToJSON(comparison, whyOne) });
    else for (const line of comparisonLines(comparison, whyOne)) await writeLine(line);
    return 0;
  }

  /** A controller of its own for the link, and the guest's process connected to it. */
  async #link(engine: NamedEngine): Promise<Domain> {
    const name = `${this.#name}-${this.#controllers.length}`;
    const controller = await Controller.listen({ name, engine });
    this.#controllers.push(controller);
    const connected = once(controller, 'domain') as Promise<[Domain]>;
    await this.#peer.ask({ do: 'connect', name, engine });
    const [domain] = await connected;
    return domain;
  }

  async #crossAll(domain: Domain): Promise<Row[]> {
    const crossings: Crossing[] = [];
    const crossed = (crossing: Crossing) => {
      crossings.push(crossing);
      this.#progress.show(`${crossings.length} across: ${crossing.name}`);
    };
    const toController: Arrivals = receiveAll(domain, 'toController');
    await sendAll(domain, 'toGuest', crossed);
    this.#peer.onCrossed = crossed;
    await this.#peer.ask({ do: 'send' });
    const { arrivals: toGuest = {} } = await this.#peer.ask({ do: 'report' });
    return joinRows(crossings, { toGuest, toController });
  }

  async #compare(): Promise<{ comparison: Comparison; whyOne: string }> {
    const { engine, why } = this.#chosen;
    const engines = this.#compareBoth && engine === 'native' ? (['native', 'file'] as const) : [engine];
    const contestants: Contestant[] = [];
    for (const name of engines) contestants.push(contestantOf(name, await this.#link(name)));
    contestants.push(...this.#rivals);
    this.#progress.show('comparing: looking at the processors');
    const pids = [process.pid, this.#peer.pid] as const;
    const start = sampleLoad(pids);
    await setTimeout(QUIET);
    const end = sampleLoad(pids);
    const placing = await choosePlacing(pids, (processors) =>
      start && end ? byIdleness(start, end, processors) : processors,
    );
    const before = loadBetween(start, end, placing.processors);
    const began = (name: ContestantName) => this.#progress.show(`comparing: ${NAMES[name]}`);
    const comparison = await compare({ contestants, placing, pids, before, began });
    return { comparison, whyOne: this.#compareBoth ? why : `only the ${engine} engine was asked for` };
  }

  /** What one would use instead: the same bytes, which nobody encodes, and the same object. */
  get #rivals(): readonly Contestant[] {
    const { requestBytes, request } = COMPARED;
    // Sleepers wake each other faster on one processor than on two.
    const placements = ['apart', 'together'] as const;
    return [
      { name: 'unixSocket', placements, roundTrip: () => this.#peer.socket.roundTrip(requestBytes) },
      { name: 'processSend', placements, roundTrip: () => this.#peer.ask({ do: 'echo', message: request }) },
    ];
  }
}

function contestantOf(name: 'native' | 'file', domain: Domain): Contestant {
  return {
    name,
    // Who waits awake needs a processor of its own.
    placements: ['apart'],
    roundTrip: () => domain.request(COMPARED.request as MessageInputOf<'MEM_REQUEST_SET'>),
    woken: () => domain.stats.notified,
  };
}
