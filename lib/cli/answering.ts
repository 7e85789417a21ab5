import type { Endpoint } from '../domain/endpoint.ts';
import type { AnyMessage } from '../link/codec.ts';
import type { Received } from '../link/received.ts';
import { type MessageDefinition, seedCodec } from '../wire/index.ts';

/** The console has its own stream. */
const FIRST_TYPE_AFTER_CONSOLE = 1;
const LAST_TYPE = 255;

/**
 * Answers every message but the console's as a domain does that has no devices and lets others have their way: the same
 * message back, with its status saying yes. What the wire table does not know gets "not understood".
 */
export function answerEverything(endpoint: Endpoint, heard: (message: AnyMessage, id: number) => void): void {
  const answer = (message: AnyMessage, request: Received) => {
    heard(message, request.id);
    if (message.name === 'UNKNOWN') request.respondNotUnderstood();
    else request.respond(contentedAnswer(seedCodec.definitionOf(request.type, request.subtype)!));
  };
  for (let type = FIRST_TYPE_AFTER_CONSOLE; type <= LAST_TYPE; type++) {
    endpoint.receive(type, (message, request) => answer(message as AnyMessage, request));
  }
}

/** No interfaces, none connected, no failure: zero in every OUT field but a VCPU's status, where 1 is yes. */
export function contentedAnswer({ struct, response }: MessageDefinition): Record<string, unknown> {
  const outs = struct.fields.filter(({ type }) => type.role === 'out').map(({ name, type }) => [name, type.zero]);
  return { ...Object.fromEntries(outs), ...(response.kind === 'status' && { [response.field]: response.okay }) };
}
