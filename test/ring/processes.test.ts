/** Rings between real processes: long sequence-checked runs, and peers that are killed at the worst moment. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPage } from '../../lib/page/control-page.ts';
import { unlinkPage } from '../../lib/page/name.ts';
import { FrontRing, type RingGeometry, ringBytes } from '../../lib/ring/index.ts';
import { type NamedEngine, namedEngines } from '../support/engines.ts';
import { ANSWERED, number, numberOf } from '../support/numbered.mjs';
import { existsInShm, type Pages, usePages } from '../support/pages.ts';
import { type Peer, pump, relax, usePeers } from '../support/peer.ts';

const pages: Pages = usePages();
const peer = usePeers();
const pairs = namedEngines.flatMap((front) => namedEngines.map((back) => [front, back] as const));
const geometry: RingGeometry = { offset: 128, entryBytes: 96, slots: 64 };

/** A page with one ring, its front here, and how to start backs for it elsewhere. */
function ringWith(frontEngine: NamedEngine, backEngine: NamedEngine) {
  const name = pages.name();
  const page = pages.keep(createPage(name, geometry.offset + ringBytes(geometry), frontEngine));
  const front = new FrontRing(page, { ...geometry, peerMayTear: backEngine === 'file' });
  const back = (script: string, options: object) =>
    peer(script, { name, engine: backEngine, peerMayTear: frontEngine === 'file', geometry, ...options });
  return { name, front, back };
}

/** Asks numbers `from` to `to - 1` and expects each to be answered, in order. */
class Conversation {
  asked: number;
  answered: number;
  readonly #front: FrontRing;
  readonly #to: number;
  readonly #salt: number;

  constructor(front: FrontRing, to: number, salt: number = ANSWERED) {
    this.#front = front;
    this.#to = to;
    this.#salt = salt;
    this.asked = 0;
    this.answered = 0;
  }

  /** One poll of the ring; true when every answer has come. */
  readonly step = (): boolean => {
    while (this.asked < this.#to) {
      const entry = this.#front.stage();
      if (!entry) break;
      number(entry, this.asked++);
    }
    this.#front.flush();
    const before = this.answered;
    for (let response = this.#front.pop(20); response; response = this.#front.pop()) {
      const n = numberOf(response, this.#salt);
      if (n !== this.answered) throw new Error(`response ${n} came, not ${this.answered}`);
      this.answered++;
    }
    if (this.answered === before) relax();
    return this.answered === this.#to;
  };
}

describe.each(pairs)('front by %s here, back by %s in another process', (frontEngine, backEngine) => {
  const total = frontEngine === 'native' && backEngine === 'native' ? 200_000 : 20_000;

  it(`carries ${total} requests and responses, none lost, doubled, torn or out of order`, async () => {
    const { name, front, back } = ringWith(frontEngine, backEngine);
    const child = back('ring-back', { mode: 'serve', total });
    expect(await child.next()).toEqual({ ready: true, unansweredAtAttach: 0 });
    unlinkPage(name); // both have it: from here on nothing is left behind, whoever dies
    expect(existsInShm(name)).toBe(false);
    await pump(child, new Conversation(front, total).step);
    expect(await child.next()).toMatchObject({ served: total });
    expect(await child.end()).toMatchObject({ code: 0, signal: null });
    expect(front.room).toBe(front.slots);
    expect(front.pop()).toBeUndefined();
  }, 90_000);

  it('gives a new back exactly the requests that the killed one took and did not answer (H7, H19)', async () => {
    const { front, back } = ringWith(frontEngine, backEngine);
    for (let n = 0; n < 40; n++) number(front.stage()!, n);
    front.flush();
    const first = back('ring-back', { mode: 'hold', take: 40, answer: 25 });
    await first.next();
    expect(await first.next()).toEqual({ taken: Array.from({ length: 40 }, (_, n) => n) });
    first.kill('SIGKILL');
    expect(await first.end()).toMatchObject({ code: null, signal: 'SIGKILL' });

    // Requested while there is no back.
    for (let n = 40; n < 50; n++) number(front.stage()!, n);
    front.flush();

    const second = back('ring-back', { mode: 'serve', total: 25 });
    expect(await second.next()).toEqual({ ready: true, unansweredAtAttach: 25 });
    expect(await second.next()).toEqual({ served: 25, first: Array.from({ length: 25 }, (_, n) => 25 + n) });
    expect(await second.end()).toMatchObject({ code: 0 });
    for (let n = 0; n < 50; n++) expect(numberOf(front.pop()!, ANSWERED)).toBe(n);
    expect(front.pop()).toBeUndefined();
    expect(front.unanswered).toBe(0);
    expect(front.room).toBe(front.slots);
  });
});

describe.each(namedEngines)('backs of the %s engine, killed one after the other in full flight', (engine) => {
  let child: Peer | undefined;
  beforeEach(() => {
    child = undefined;
  });
  afterEach(() => child?.kill('SIGKILL'));

  it('lose no entry and double none', async () => {
    const { front, back } = ringWith(namedEngines[0]!, engine);
    // They answer with the request itself, so that a slot that a killed back left half done still holds the request.
    const conversation = new Conversation(front, Number.MAX_SAFE_INTEGER, 0);
    for (let life = 0; life < 8; life++) {
      child = back('ring-echo', {});
      const { unansweredAtAttach } = await child.next<{ unansweredAtAttach: number }>();
      expect(unansweredAtAttach).toBe(life === 0 ? 0 : front.slots);
      const enough = conversation.answered + 500 + 37 * life;
      await pump(child, () => conversation.step() || conversation.answered >= enough);
      child.kill('SIGKILL');
      expect(await child.end()).toMatchObject({ signal: 'SIGKILL' });
      conversation.step(); // what it published last ...
      conversation.step(); // ... and as many requests as fit, for the next one
    }
    expect(conversation.answered).toBeGreaterThan(8 * 500);
    expect(front.unanswered).toBe(front.slots);
    expect(conversation.asked - conversation.answered).toBe(front.slots);
  }, 60_000);
});
