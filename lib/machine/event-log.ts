import type { DeviceClass } from '../device/class.ts';
import type { Passing } from '../link/observer.ts';
import type { Codec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { decodeFailure } from '../wire/failure.ts';
import { ID_OFFSET, LENGTH_OFFSET, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';
import { describeBeStatus } from '../wire/status.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { MessageObservers } from './message-observers.ts';
import { messageWords } from './message-words.ts';
import type { LostEvents, MachineEvent } from './operations.ts';

/** The most events that wait for one watcher. */
const QUEUE_LIMIT = 4096;

/** Reports the events of a machine to all watchers. A slow watcher delays neither the machine nor another watcher. */
export class EventLog {
  readonly #codec: Codec;
  readonly #began = performance.now();
  readonly #queues = new Set<BoundedQueue<MachineEvent>>();
  readonly #observers: MessageObservers;
  readonly #classes: readonly DeviceClass[];
  #stopListening: () => void = () => {};

  constructor(codec: Codec, observers: MessageObservers, classes: readonly DeviceClass[]) {
    this.#codec = codec;
    this.#classes = classes;
    this.#observers = observers;
  }

  record(event: Omit<MachineEvent, 'at'>): void {
    if (this.#queues.size === 0) return;
    const dated = { at: performance.now() - this.#began, ...event };
    for (const queue of this.#queues) queue.push(dated);
  }

  /** Records a failure of a device for which no caller waits. */
  failed(name: string, error: unknown): void {
    this.record({ kind: 'device', name, result: error instanceof Error ? error.message : String(error) });
  }

  /** The events from now on. */
  watch(): AsyncIterableIterator<MachineEvent | LostEvents> {
    const queue: BoundedQueue<MachineEvent> = new BoundedQueue(QUEUE_LIMIT, () => {
      this.#queues.delete(queue);
      if (this.#queues.size === 0) this.#stopListening();
    });
    if (this.#queues.size === 0) {
      this.#stopListening = this.#observers.observe((domid, passing) => this.#message(domid, passing));
    }
    this.#queues.add(queue);
    return queue;
  }

  /** Ends all watchers. No event follows. */
  end(): void {
    for (const queue of this.#queues) queue.end();
  }

  #message(domid: number, { flow, direction, bytes }: Passing): void {
    const [from, to] = direction === 'sent' ? [0, domid] : [domid, 0];
    const type = bytes[TYPE_OFFSET]!;
    const definition = this.#codec.definitionOf(type, bytes[SUBTYPE_OFFSET]!);
    const name = definition?.name ?? `UNKNOWN ${type}/${bytes[SUBTYPE_OFFSET]}`;
    const event: Omit<MachineEvent, 'at'> = { kind: 'message', from, to, name };
    const failure = flow === 'response' ? failureWords(definition, bytes) : undefined;
    if (failure) {
      this.record({ ...event, result: failure });
      return;
    }
    try {
      const message = this.#codec.decode(bytes);
      const json = this.#codec.toJSON(message, bytes[ID_OFFSET]);
      const fields = message as Record<string, unknown>;
      const says = definition && messageWords(definition, flow, fields, this.#classes);
      const result = flow === 'response' && { result: outcome(definition, fields) };
      this.record({ ...event, ...(says && { says }), ...result, message: json });
    } catch {
      // A guest may send any bytes. The link has answered "not understood".
      this.record({ ...event, result: 'malformed' });
    }
  }
}

function failureWords(definition: MessageDefinition | undefined, bytes: Uint8Array): string | undefined {
  const failure = decodeFailure(bytes);
  if (failure?.kind === 'refused') return `refused: ${failure.code} ${failure.text}`.trimEnd();
  const isEmpty = bytes[LENGTH_OFFSET] === 0 && (definition?.struct.size ?? 1) > 0;
  return failure?.kind ?? (isEmpty ? 'not understood' : undefined);
}

function outcome(definition: MessageDefinition | undefined, message: Record<string, unknown>): string {
  if (definition?.response.kind !== 'status') return 'answered';
  const { field, okay } = definition.response;
  const status = message[field] as number;
  const described = describeBeStatus(definition.type, status)?.name.replace(/^.*_BE_STATUS_/, '');
  return described ?? (status === okay ? 'OKAY' : `status ${status}`);
}
