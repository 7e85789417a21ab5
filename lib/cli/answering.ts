import type { Endpoint } from '../domain/endpoint.ts';
import type { AnyMessage } from '../link/codec.ts';
import type { Received } from '../link/received.ts';
import { type MessageDefinition, seedCodec } from '../wire/index.ts';

/** The console, type 0, is a stream and no receiver. */
const FIRST_TYPE_AFTER_CONSOLE = 1;
const LAST_TYPE = 255;

/**
 * Answers every message but the console's with success, as a domain without devices: the same message with a status of
 * success. A message that is not in the wire table is answered "not understood".
 */
export function answerEverything(endpoint: Endpoint, onMessage: (message: AnyMessage, id: number) => void): void {
  const answer = (message: AnyMessage, request: Received) => {
    onMessage(message, request.id);
    if (message.name === 'UNKNOWN') request.respondNotUnderstood();
    else request.respond(successfulResponse(seedCodec.definitionOf(request.type, request.subtype)!));
  };
  for (let type = FIRST_TYPE_AFTER_CONSOLE; type <= LAST_TYPE; type++) {
    endpoint.receive(type, (message, request) => answer(message as AnyMessage, request));
  }
}

/** The OUT fields of a success: 0 each (no interface, no error), but 1 for the status of a VCPU. */
export function successfulResponse({ struct, response }: MessageDefinition): Record<string, unknown> {
  const outs = struct.fields.filter(({ type }) => type.role === 'out').map(({ name, type }) => [name, type.zero]);
  return { ...Object.fromEntries(outs), ...(response.kind === 'status' && { [response.field]: response.okay }) };
}
