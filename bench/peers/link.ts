/**
 * `await request()`: a guest and a controller in two processes, or for `sab` the same link between two threads, which
 * has no public face: it is reached inside the package.
 */
import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Controller, type Domain, Guest } from 'ctrl-if';
import { SabPage } from 'ctrl-if/ring';
import { createCodec } from 'ctrl-if/wire';
import { untyped } from '#dist/link/codec.js';
import { Link } from '#dist/link/link.js';
import type { Channel } from './channel.ts';
import { Checker, type Mark, NO_MARK, wrongSequence } from './checker.ts';
import { ECHO, type Echo, echoMessage } from './echo.ts';
import { type Job, WINDOW } from './job.ts';
import { type Memory, memoryNow } from './memory.ts';
import type { Peer } from './peer.ts';
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
    const link = openLink(page, 'guest', port1);
    const ask: Ask = (message) => link.request(message) as unknown as Promise<Echo>;
    return new LinkFront(job, ask, () => port1.close());
  }
  const guest = await Guest.connect(guestOptions(job, await peer.receive<string>()));
  const front = new LinkFront(
    job,
    (message) => guest.request(message),
    () => guest.close(),
  );
  // One that polls rings hardly ever.
  if (job.idle !== 'park') return front;
  const more = () => ({ doorbellsPerMessage: guest.stats.doorbellsRung / guest.stats.requestsSent });
  return Object.assign(front, { more });
}

/** What a guest of the controller called `name` is made with. */
export const guestOptions = ({ engine, idle }: Pick<Job, 'engine' | 'idle'>, name: string) =>
  ({ name, engine: engine as 'native' | 'file', messages: [ECHO], ...(idle && { idle }) }) as const;

/** What a controller says of its process, whenever it is sent anything. */
export interface ControllerFigures extends Memory {
  descriptors: number;
  /** CPU time between BEGIN and END. */
  spentNs: number;
}

/** Says its name. Takes any number of guests, whose sequence numbers go on from one to the other. */
export async function back(job: Job, starter: Channel): Promise<number> {
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const checker = new Checker(() => stop());
  const look = (message: unknown): undefined => {
    const { sequence, mark } = message as Echo;
    checker.take(sequence, mark);
  };
  // What it returns is the response's changes to the request: none, so it is an echo.
  const handler = job.measure === 'stream' ? async (message: unknown): Promise<undefined> => look(message) : look;

  if (job.engine === 'sab') {
    const { buffer, doorbell } = await starter.receive<{ buffer: SharedArrayBuffer; doorbell: MessagePort }>();
    openLink(new SabPage(buffer), 'controller', doorbell).receiveMessage(ECHO.name, handler);
    starter.send('ready');
  } else {
    const name = `bench-${process.pid}`;
    const controller = await Controller.listen(guestOptions(job, name));
    controller.on('domain', (domain: Domain<typeof ECHO>) => {
      domain.receive('ECHO', handler);
      // A thrown wrong sequence number comes as this event; nobody else throws here.
      domain.on('error', (error) => {
        console.error((error.cause as Error)?.stack ?? error);
        process.exit(1);
      });
    });
    starter.send(name);
    void answerQuestions(starter, checker);
  }
  await stopped;
  // Everything that was sent has been answered by the time that STOP's answer is on its way.
  await turn();
  return checker.spentNs;
}

async function answerQuestions(starter: Channel, checker: Checker): Promise<never> {
  for (;;) {
    await starter.receive();
    const descriptors = readdirSync('/proc/self/fd').length;
    starter.send({ ...(await memoryNow()), descriptors, spentNs: checker.spentNs } satisfies ControllerFigures);
  }
}

function openLink(page: SabPage, role: 'guest' | 'controller', doorbell: MessagePort): Link {
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

/** Asks over a link, one request after the other or {@link WINDOW} at a time. */
export class LinkFront implements Front {
  readonly close: Front['close'];
  readonly #lookAtClock: number;
  readonly #ask: Ask;
  #sent = 0;

  constructor({ engine }: Pick<Job, 'engine'>, ask: Ask, close: Front['close'] = () => {}) {
    this.#lookAtClock = LOOK_AT_CLOCK[engine!];
    this.#ask = ask;
    this.close = close;
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
    await Promise.all(Array.from({ length: WINDOW }, lane));
    return { messages, elapsedNs };
  }
}
