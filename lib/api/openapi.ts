import { domainConfig } from '../machine/config-schema.ts';
import { credit, deviceEntries } from '../machine/device-entries.ts';
import { operations, type Stream, streams } from '../machine/operations.ts';
import * as replies from '../machine/reply-schema.ts';
import { bodyOf, type Operation, type Parameter } from '../schema/operation.ts';
import type { Schema } from '../schema/schema.ts';
import { PROBLEM_TYPE } from './problem.ts';

export const OPENAPI_PATH = '/openapi.json';

/** The schemas that have a name of their own, and are stated once. */
const NAMED: Readonly<Record<string, Schema>> = {
  DomainConfig: domainConfig,
  ...Object.fromEntries(deviceEntries.map(({ item, config }) => [`${capital(item)}Config`, config])),
  Credit: credit,
  DomainInfo: replies.domainInfo,
  DomainEnd: replies.domainEnd,
  MemoryInfo: replies.memoryInfo,
  DeviceInfo: replies.deviceInfo,
  MachineEvent: replies.machineEvent,
  LostEvents: replies.lostEvents,
  Problem: replies.problem,
};

const NAME_OF = new Map(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

/** The OpenAPI 3.1 description of a machine's API, made from its operations. */
export function openapi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [id, operation] of Object.entries<Operation>(operations)) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method] = describe(id, operation);
  }
  for (const [id, stream] of Object.entries<Stream>(streams)) paths[stream.path] = { get: describeStream(id, stream) };
  paths[OPENAPI_PATH] = {
    get: {
      operationId: 'openapi',
      summary: 'This description.',
      responses: { 200: { description: 'OpenAPI 3.1.', content: json({ type: 'object' }) }, ...failure() },
    },
  };
  return {
    openapi: '3.1.0',
    info: { title: 'ctrl-if: the API of a machine', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [
      { url: 'http://localhost', description: 'Over the Unix-domain socket NAME.api in the runtime directory.' },
    ],
    paths,
    components: { schemas: Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, parts(schema)])) },
  };
}

function describe(operationId: string, operation: Operation): object {
  const { summary, takes, reply, status } = operation;
  const body = bodyOf(operation);
  return {
    operationId,
    summary,
    parameters: parametersOf(takes),
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      [status]: {
        description: reply ? 'Done.' : 'Done; there is nothing to say.',
        ...(reply && { content: json(reply) }),
      },
      ...failure(),
    },
  };
}

function describeStream(operationId: string, { summary, takes, upgrade, line }: Stream): object {
  const header = { name: 'Upgrade', in: 'header', required: true, schema: { type: 'string', enum: [upgrade] } };
  const lines = { description: 'Lines until the client goes.', content: line && content('application/x-ndjson', line) };
  const upgraded = { description: `From here on ${upgrade}, both ways.` };
  return {
    operationId,
    summary,
    parameters: [...parametersOf(takes), ...(upgrade ? [header] : [])],
    responses: { ...(upgrade ? { 101: upgraded } : { 200: lines }), ...failure() },
  };
}

function parametersOf(takes: readonly Parameter[]): object[] {
  return takes
    .filter(({ place }) => place === 'path' || place === 'query')
    .map(({ name, place, schema }) => ({ name, in: place, required: place === 'path', schema: reference(schema) }));
}

function json(schema: Schema): object {
  return content('application/json', schema);
}

function content(type: string, schema: Schema): object {
  return { [type]: { schema: reference(schema) } };
}

function failure(): object {
  return { default: { description: 'It failed.', content: content(PROBLEM_TYPE, replies.problem) } };
}

/** A schema with a name as a reference to it. */
function reference(schema: Schema): Schema {
  const name = NAME_OF.get(schema);
  return name === undefined ? parts(schema) : { $ref: `#/components/schemas/${name}` };
}

/** A schema whose parts are references where they have a name. */
function parts(schema: Schema): Schema {
  const { properties, items, anyOf } = schema;
  const referenced = (below: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(below).map(([key, value]) => [key, reference(value)]));
  return {
    ...schema,
    ...(properties && { properties: referenced(properties) }),
    ...(items && { items: reference(items) }),
    ...(anyOf && { anyOf: anyOf.map(reference) }),
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
