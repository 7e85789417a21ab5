import { type MachineOperations, type Stream, streams } from '../machine/operations.ts';
import * as replies from '../machine/reply-schema.ts';
import { bodyOf, type Operation, type Parameter } from '../schema/operation.ts';
import type { Schema } from '../schema/schema.ts';
import { PROBLEM_TYPE } from './problem.ts';

export const OPENAPI_PATH = '/openapi.json';

/** The subject of the description: the table of operations, and the device classes in it. */
type Described = Pick<MachineOperations, 'operations' | 'deviceClasses'>;

/** The schemas under `components`, by name. Other schemas refer to them. */
function namedSchemas({ operations, deviceClasses }: Described): Readonly<Record<string, Schema>> {
  return {
    DomainConfig: bodyOf(operations.create!)!,
    ...Object.fromEntries(deviceClasses.map(({ item, config }) => [`${capital(item)}Config`, config])),
    ...Object.fromEntries(
      deviceClasses.flatMap(({ info }) => Object.entries(info).filter(([, { type }]) => type === 'object')).map(named),
    ),
    DomainInfo: replies.domainInfo,
    DomainEnd: replies.domainEnd,
    MemoryInfo: replies.memoryInfo,
    DeviceInfo: operations.devices!.reply!.items!,
    MachineEvent: replies.machineEvent,
    LostEvents: replies.lostEvents,
    Problem: replies.problem,
  };
}

/** The OpenAPI 3.1 description of a machine's API, made from its operations. */
export function openapi(described: Described, version: string): object {
  return new Description(described).whole(version);
}

class Description {
  readonly #operations: Described['operations'];
  readonly #named: Readonly<Record<string, Schema>>;
  readonly #names: ReadonlyMap<Schema, string>;

  constructor(described: Described) {
    this.#operations = described.operations;
    this.#named = namedSchemas(described);
    this.#names = new Map(Object.entries(this.#named).map(([name, schema]) => [schema, name]));
  }

  whole(version: string): object {
    const paths: Record<string, Record<string, object>> = {};
    for (const [id, operation] of Object.entries(this.#operations)) {
      paths[operation.path] ??= {};
      paths[operation.path]![operation.method] = this.#describe(id, operation);
    }
    for (const [id, stream] of Object.entries<Stream>(streams))
      paths[stream.path] = { get: this.#describeStream(id, stream) };
    paths[OPENAPI_PATH] = {
      get: {
        operationId: 'openapi',
        summary: 'This description.',
        responses: {
          200: { description: 'OpenAPI 3.1.', content: this.#json({ type: 'object' }) },
          ...this.#failure(),
        },
      },
    };
    return {
      openapi: '3.1.0',
      info: { title: 'ctrl-if: the API of a machine', version, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [
        { url: 'http://localhost', description: 'Over the Unix-domain socket NAME.api in the runtime directory.' },
      ],
      paths,
      components: {
        schemas: Object.fromEntries(Object.entries(this.#named).map(([name, schema]) => [name, this.#parts(schema)])),
      },
    };
  }

  #describe(operationId: string, operation: Operation): object {
    const { summary, takes, reply, status } = operation;
    const body = bodyOf(operation);
    return {
      operationId,
      summary,
      parameters: this.#parametersOf(takes),
      ...(body && { requestBody: { required: true, content: this.#json(body) } }),
      responses: {
        [status]: {
          description: reply ? 'Done.' : 'Done; no body.',
          ...(reply && { content: this.#json(reply) }),
        },
        ...this.#failure(),
      },
    };
  }

  #describeStream(operationId: string, { summary, takes, upgrade, line }: Stream): object {
    const header = { name: 'Upgrade', in: 'header', required: true, schema: { type: 'string', enum: [upgrade] } };
    const lines = {
      description: 'Lines until the client disconnects.',
      content: line && this.#content('application/x-ndjson', line),
    };
    const upgraded = { description: `The connection is now ${upgrade}, both ways.` };
    return {
      operationId,
      summary,
      parameters: [...this.#parametersOf(takes), ...(upgrade ? [header] : [])],
      responses: { ...(upgrade ? { 101: upgraded } : { 200: lines }), ...this.#failure() },
    };
  }

  #parametersOf(takes: readonly Parameter[]): object[] {
    return takes
      .filter(({ place }) => place === 'path' || place === 'query')
      .map(({ name, place, schema }) => ({
        name,
        in: place,
        required: place === 'path',
        schema: this.#reference(schema),
      }));
  }

  #json(schema: Schema): object {
    return this.#content('application/json', schema);
  }

  #content(type: string, schema: Schema): object {
    return { [type]: { schema: this.#reference(schema) } };
  }

  #failure(): object {
    return { default: { description: 'The operation failed.', content: this.#content(PROBLEM_TYPE, replies.problem) } };
  }

  /** A reference to `schema` if it has a name; otherwise the schema itself, by {@link Description.#parts}. */
  #reference(schema: Schema): Schema {
    const name = this.#names.get(schema);
    return name === undefined ? this.#parts(schema) : { $ref: `#/components/schemas/${name}` };
  }

  /** The schema, with references in place of its parts that have a name. */
  #parts(schema: Schema): Schema {
    const { properties, items, anyOf } = schema;
    const referenced = (below: Readonly<Record<string, Schema>>) =>
      Object.fromEntries(Object.entries(below).map(([key, value]) => [key, this.#reference(value)]));
    return {
      ...schema,
      ...(properties && { properties: referenced(properties) }),
      ...(items && { items: this.#reference(items) }),
      ...(anyOf && { anyOf: anyOf.map((schema) => this.#reference(schema)) }),
    };
  }
}

/** `credit` as `Credit`. */
function named([key, schema]: [string, Schema]): [string, Schema] {
  return [capital(key), schema];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
