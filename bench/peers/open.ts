/** The guests' process: connects one after the other, then holds many at once. */
import { Guest } from 'ctrl-if';
import { NO_MARK, wrongSequence } from './checker.ts';
import { ECHO, echoMessage } from './echo.ts';
import { type Memory, memoryNow } from './open-memory.ts';
import { printFigures, startProgram } from './second-process.ts';

export interface OpenJob {
  engine: 'native' | 'file';
  /** Guests one after the other, each closed before the next. */
  connects: number;
  /** Guests at once. */
  held: number;
  cpus?: readonly [number, number] | undefined;
}

export interface OpenSamples {
  /** From the call of `Guest.connect()` to its result. */
  connectNs: number[];
  /** From the call of `Guest.connect()` to the first response. */
  answeredNs: number[];
  /** By how much memory grew with `held` guests, in this process and in the controller's. */
  guests: Memory;
  controller: Memory;
}

/** Before anything is timed or weighed: code is compiled, and heaps have their first size. */
const FIRST = 20;

async function main({ engine, connects, held, cpus }: OpenJob): Promise<OpenSamples> {
  const controller = startProgram('open-controller', { engine }, cpus?.[1], { flags: ['--expose-gc'] });
  const name = await controller.receive<string>();
  const options = { name, engine, messages: [ECHO] } as const;
  let sent = 0;
  const ask = async (guest: Guest<typeof ECHO>) => {
    const sequence = sent++;
    const response = await guest.request(echoMessage(sequence, NO_MARK));
    if (response.sequence !== sequence) throw wrongSequence('front', sequence, response.sequence);
  };
  const controllerMemory = () => {
    controller.child.send('memory');
    return controller.receive<Memory>();
  };

  const connectNs: number[] = [];
  const answeredNs: number[] = [];
  for (let i = 0; i < FIRST + connects; i++) {
    const began = performance.now();
    const guest = await Guest.connect(options);
    const connected = performance.now();
    await ask(guest);
    const answered = performance.now();
    await guest.close();
    if (i < FIRST) continue;
    connectNs.push(Math.round((connected - began) * 1e6));
    answeredNs.push(Math.round((answered - began) * 1e6));
  }

  const before = [await memoryNow(), await controllerMemory()] as const;
  const guests: Guest<typeof ECHO>[] = [];
  for (let i = 0; i < held; i++) {
    const guest = await Guest.connect(options);
    await ask(guest);
    guests.push(guest);
  }
  const after = [await memoryNow(), await controllerMemory()] as const;
  await Promise.all(guests.map((guest) => guest.close()));
  controller.dismiss();
  controller.child.disconnect();
  return { connectNs, answeredNs, guests: growth(before[0], after[0]), controller: growth(before[1], after[1]) };
}

function growth(before: Memory, after: Memory): Memory {
  return { rss: after.rss - before.rss, heap: after.heap - before.heap };
}

await printFigures(() => main(JSON.parse(process.argv[2] ?? '{}')));
