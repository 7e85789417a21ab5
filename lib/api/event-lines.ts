import type { MachineOperations } from '../machine/operations.ts';
import type { Closing } from './closing.ts';

/**
 * What happens at the machine as newline-delimited JSON. An event is asked for when the client has room for it: who reads
 * slowly fills the machine's bounded queue for this one watcher, and is told there what it has lost.
 */
export function eventLines(machine: MachineOperations, closing: Closing): ReadableStream<Uint8Array> {
  const events = machine.watch()[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let forget = () => {};
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    forget();
    // Not awaited: it may be queued behind an event that never comes.
    Promise.resolve(events.return?.()).catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        forget = closing.onClose(() => {
          end();
          controller.close();
        });
      },
      async pull(controller) {
        const { done, value } = await events.next();
        if (hasEnded) return;
        if (!done) return controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
        end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
