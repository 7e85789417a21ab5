/**
 * `await request()`: a guest and a controller in two processes, or for `sab` the same link between two threads, which
 * has no public face: it is reached inside the package.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Controller, type Domain, Guest } from 'ctrl-if';
import { SabPage } from 'ctrl-if/ring';
import { createCodec } from 'ctrl-if/wire';
import { Checker, type Mark, NO_MARK, wrongSequence } from './checker.ts';
import { ECHO, type Echo, echoMessage } from './echo.ts';
import type { Job } from './job.ts';
import type { Peer, Port } from './peer.ts';
import type { Front, Streamed } from './transport.ts';

/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = { native: 256, sab: 256, file: 32 } as const;

type Ask = (message: ReturnType<typeof echoMessage>) => Promise<Echo>;

export async function front(job: Job, peer: Peer): Promise<Front> {
  if (job.engine === 'sab') {
    const page = SabPage.create(4096);
    const { port1, port2 } = new MessageChannel();
    peer.send({ buffer: page.buffer, doorbell: port2 }, [port2]);
    await peer.receive();
    const link = await openLink(page, 'guest', port1);
    return new LinkFront(
      job,
      (message) => link.request(message) as unknown as Promise<Echo>,
      () => port1.close(),
    );
  }
  const name = (await peer.receive()) as string;
  const guest = await Guest.connect({ name, engine: job.engine!, messages: [ECHO], ...idleOf(job) });
  return new LinkFront(
    job,
    (message) => guest.request(message),
    () => guest.close(),
    () => guest.stats,
  );
}

export async function back(job: Job, port: Port): Promise<number> {
  // Everything that was sent has been answered by the time that STOP's answer is on its way: one turn later.
  const { promise: stopped, resolve: stop } = deferred();
  const checker = new Checker(() => setImmediate(stop));
  const look = (message: unknown) => {
    const { sequence, mark } = message as Echo;
    checker.take(sequence, mark);
  };
  // What it returns is the response's changes to the request: none, so it is an echo.
  const handler =
    job.measure === 'stream'
      ? async (message: unknown): Promise<undefined> => look(message) as undefined
      : (message: unknown): undefined => look(message) as undefined;

  if (job.engine === 'sab') {
    const { buffer, doorbell } = (await port.receive()) as { buffer: SharedArrayBuffer; doorbell: MessagePort };
    const link = await openLink(new SabPage(buffer), 'controller', doorbell);
    link.receiveMessage(ECHO.name, handler);
    port.send('ready');
    await stopped;
    return 0; // one process: the front's figures are both sides'
  }
  const name = `bench-${process.pid}`;
  const controller = await Controller.listen({ name, engine: job.engine!, messages: [ECHO], ...idleOf(job) });
  controller.on('domain', (domain: Domain<typeof ECHO>) => {
    domain.receive('ECHO', handler);
    // A thrown wrong sequence number comes as this event; nobody else throws here.
    domain.on('error', (error) => {
      console.error((error.cause as Error)?.stack ?? error);
      process.exit(1);
    });
  });
  port.send(name);
  await stopped;
  return checker.spentNs;
}

const idleOf = ({ idle }: Job) => (idle ? { idle } : {});

async function openLink(page: SabPage, role: 'guest' | 'controller', doorbell: MessagePort) {
  const inside = (file: string) => new URL(file, import.meta.resolve('ctrl-if')).href;
  const { Link } = (await import(inside('./link/link.js'))) as typeof import('../../dist/link/link.js');
  const { untyped } = (await import(inside('./link/codec.js'))) as typeof import('../../dist/link/codec.js');
  const die = (error: Error) => {
    throw error.cause ?? error;
  };
  const link = new Link({
    page,
    role,
    codec: untyped(createCodec([ECHO])),
    // Two threads on two cores, as two processes would be.
    peerRunsBeside: true,
    notifier: {
      notify: () => {
        doorbell.postMessage(0);
        return true;
      },
    },
    onHandlerError: (error) => setImmediate(die, error),
    onBroken: die,
  });
  doorbell.on('message', () => link.notified());
  link.start();
  return link;
}

class LinkFront implements Front {
  readonly #window: number;
  readonly #lookAtClock: number;
  readonly #ask: Ask;
  readonly #close: () => Promise<void> | void;
  readonly #stats: (() => { doorbellsRung: number; requestsSent: number }) | undefined;
  #sent = 0;

  constructor(
    job: Job,
    ask: Ask,
    close: () => Promise<void> | void,
    stats?: () => { doorbellsRung: number; requestsSent: number },
  ) {
    this.#stats = stats;
    this.#window = job.window;
    this.#lookAtClock = LOOK_AT_CLOCK[job.engine!];
    this.#ask = ask;
    this.#close = close;
  }

  async roundTrips(count: number, mark: Mark): Promise<void> {
    for (let i = 0; i < count; i++) {
      const sequence = this.#sent++;
      const response = await this.#ask(echoMessage(sequence, mark));
      if (response.sequence !== sequence) throw wrongSequence('front', sequence, response.sequence);
    }
  }

  /** As many loops as the window is wide, each with one request under way. */
  async streamFor(ms: number): Promise<Streamed> {
    const began = performance.now();
    let received = 0;
    let messages = 0;
    let elapsedNs = 0;
    const lane = async () => {
      while (elapsedNs === 0) {
        const sequence = this.#sent++;
        const response = await this.#ask(echoMessage(sequence, NO_MARK));
        if (response.sequence !== sequence) throw wrongSequence('front', sequence, response.sequence);
        if (++received % this.#lookAtClock !== 0) continue;
        const now = performance.now();
        if (now < began + ms || elapsedNs > 0) continue;
        messages = received;
        elapsedNs = (now - began) * 1e6;
      }
    };
    await Promise.all(Array.from({ length: this.#window }, lane));
    return { messages, elapsedNs };
  }

  more(): Record<string, number> {
    if (!this.#stats) return {};
    const { doorbellsRung, requestsSent } = this.#stats();
    return { doorbellsPerMessage: doorbellsRung / requestsSent };
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
