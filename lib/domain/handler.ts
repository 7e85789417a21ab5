import type { Received } from '../link/received.ts';
import type { Message, MessageName, MessageOf } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/** The return value of a handler: fields of the response, or nothing. The other fields of the response are those of the request. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is the common one
export type Answer<M> = Partial<Omit<M, 'name'>> | undefined | void;

/** Receives one message. Its return value is the response. A `RequestError` that it throws refuses the request. */
export type Handler<M> = (message: M, request: Received) => Answer<M> | Promise<Answer<M>>;

/**
 * The message of that name; for a type, any message. For a name that does not exist TypeScript infers all names. The message is
 * then `any`, so that the handler has no errors of its own beside that of the name.
 */
export type MessageFor<Which extends MessageName<User> | number, User extends MessageDefinition = never> = [
  MessageName<User>,
] extends [Which]
  ? // biome-ignore lint/suspicious/noExplicitAny: see above
    any
  : Which extends MessageName<User>
    ? MessageOf<Which, User>
    : Message<User>;
