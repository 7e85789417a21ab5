import type { MachineOperations } from '../machine/operations.ts';
import type { Closing } from './closing.ts';

/**
 * The events of the machine as newline-delimited JSON. An event is read from the machine when the client has room for it. A slow
 * client fills the machine's queue for this watcher, which reports the number of events that it has dropped.
 */
export function eventLines(machine: MachineOperations, closing: Closing): ReadableStream<Uint8Array> {
  const events = machine.watch()[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let cancel = () => {};
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    cancel();
    // Not awaited: it may wait behind a `next()` whose event never comes.
    Promise.resolve(events.return?.()).catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cancel = closing.onClose(() => {
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
