/** Commands made from operations of the machine: the parameters of an operation are the arguments of its command. */
import { Argument } from 'commander';
import { ApiClient } from '../api/client.ts';
import { parseSpecification } from '../machine/from-text.ts';
import { type OperationName, type Operations, operations } from '../machine/operations.ts';
import { located, type Source } from '../machine/source.ts';
import { expectation } from '../schema/mistake.ts';
import { type Answer, type Input, inputOf, type Operation, type Parameter } from '../schema/operation.ts';
import type { Schema } from '../schema/schema.ts';
import { type ClientOptions, printResult, waitingFor } from './answer.ts';
import { whole } from './options.ts';
import { withPath } from './paths.ts';

/** The output of an operation. `typed` are the arguments of the command. */
export interface Shown<Name extends OperationName> {
  /** The text while the operation runs, for one that may take long. */
  awaited?: (...typed: string[]) => string;
  lines: (reply: Awaited<Answer<Operations[Name]>>, ...typed: string[]) => readonly string[];
}

/** `memory-set` for `memorySet`. */
export function commandName(name: OperationName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The arguments of the command of an operation. */
export function argumentsFor(takes: readonly Parameter[]): Argument[] {
  return takes.map(({ name, place, schema }) => {
    const { type, enum: choices, required = [], description = expectation(schema) } = schema;
    if (place === 'body') {
      const usage = required.length > 0 ? '<spec...>' : '[spec...]';
      return new Argument(usage, `KEY=VALUE, with the keys ${keysOf(schema).join(', ')}`);
    }
    const argument = new Argument(place === 'query' ? `[${name}]` : `<${name}>`, description);
    if (choices) argument.choices(choices);
    if (type === 'integer') argument.argParser(whole);
    return argument;
  });
}

/** The keys of a schema. A key of an inner object is `credit.bytes`. */
export function keysOf({ properties = {} }: Schema): string[] {
  return Object.entries(properties).flatMap(([key, schema]) =>
    schema.properties ? keysOf(schema).map((below) => `${key}.${below}`) : [key],
  );
}

/** The action of the command of an operation: runs the operation and prints the result. */
export function runOperation<Name extends OperationName>(name: Name, shown: Shown<Name>) {
  const operation: Operation = operations[name];
  const command = commandName(name);
  return (...given: unknown[]): Promise<number> => {
    const typed = given.slice(0, operation.takes.length);
    const values = operation.takes.map(({ place, schema }, i) =>
      place === 'body'
        ? withPath(parseSpecification((typed[i] as string[]).join(','), schema, command).value, schema)
        : typed[i],
    );
    const source = { value: inputOf(operation, values), locate: () => command };
    return ask(name, source, given[operation.takes.length] as ClientOptions, {
      ...(shown.awaited && { awaited: shown.awaited(...(typed as string[])) }),
      lines: (reply) => shown.lines(reply, ...(typed as string[])),
    });
  };
}

/** Runs an operation with the input of `source` and prints the result. Resolves with the exit code. */
export async function ask<Name extends OperationName>(
  name: Name,
  source: Source,
  options: ClientOptions,
  { awaited, lines }: { awaited?: string; lines: (reply: Awaited<Answer<Operations[Name]>>) => readonly string[] },
): Promise<number> {
  const machine = new ApiClient(options);
  const asked = located(source, (input: Input) => machine.call(name, input));
  const reply = (await (awaited ? waitingFor(awaited, asked) : asked)) as Awaited<Answer<Operations[Name]>>;
  return printResult(options.json, reply ?? { done: true }, () => lines(reply));
}
