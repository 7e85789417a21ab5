import { ApiClient } from '../api/client.ts';
import type { ClientOptions } from './answer.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { writeJSON, writeLine } from './output.ts';
import { lostLine, Timeline } from './timeline.ts';

/** Prints the events of a machine, a line each, until the machine closes or a signal arrives. */
export async function eventsCommand({ name, json = false }: ClientOptions, lifetime: Lifetime): Promise<number> {
  const machine = new ApiClient({ name });
  const events = machine.watch()[Symbol.asyncIterator]();
  const ending = lifetime.endInOrder();
  const ended = fired(ending).then(() => ({ done: true as const, value: undefined }));
  const timeline = new Timeline(await machine.list());
  for (;;) {
    const { done, value: event } = await Promise.race([events.next(), ended]);
    if (done) break;
    if (json) await writeJSON(event);
    else await writeLine(event.kind === 'lost' ? lostLine(event.count) : timeline.line(event));
  }
  void events.return?.(undefined);
  return 0;
}
