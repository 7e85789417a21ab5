import { credit, disk, domainConfig, domainReference, usb, vif } from '../machine/config-schema.ts';
import type { Schema } from '../machine/schema.ts';
import { PROBLEM_TYPE } from './problem.ts';
import * as replies from './reply-schema.ts';
import {
  CONSOLE_PATH,
  CONSOLE_PROTOCOL,
  CONSOLE_QUERY,
  EVENTS_PATH,
  OPENAPI_PATH,
  type Route,
  routes,
  SWITCH_PATH,
  SWITCH_PROTOCOL,
} from './routes.ts';

/** The schemas that have a name of their own, and are stated once. */
const NAMED: readonly (readonly [name: string, schema: Schema])[] = [
  ['DomainConfig', domainConfig],
  ['DiskConfig', disk],
  ['VifConfig', vif],
  ['Credit', credit],
  ['UsbConfig', usb],
  ['DomainInfo', replies.domainInfo],
  ['DomainEnd', replies.domainEnd],
  ['MemoryInfo', replies.memoryInfo],
  ['DeviceInfo', replies.deviceInfo],
  ['MachineEvent', replies.machineEvent],
  ['LostEvents', replies.lostEvents],
  ['Problem', replies.problem],
];

const NAME_OF = new Map(NAMED.map(([name, schema]) => [schema, name]));

/** The OpenAPI 3.1 description of the API, made from its routes. */
export function openapi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method] = operation(route);
  }
  paths[CONSOLE_PATH] = { get: consoleOperation() };
  paths[SWITCH_PATH] = { get: switchOperation() };
  paths[EVENTS_PATH] = { get: eventsOperation() };
  paths[OPENAPI_PATH] = { get: descriptionOperation() };
  return {
    openapi: '3.1.0',
    info: { title: 'ctrl-if: the API of a machine', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [
      { url: 'http://localhost', description: 'Over the Unix-domain socket NAME.api in the runtime directory.' },
    ],
    paths,
    components: { schemas: Object.fromEntries(NAMED.map(([name, schema]) => [name, children(schema)])) },
  };
}

function operation({ id, summary, path, inPath = {}, query = {}, body, response, status }: Route): object {
  return {
    operationId: id,
    summary,
    parameters: [
      ...(path.includes('{domain}') ? [domainParameter()] : []),
      ...Object.entries(inPath).map(([name, schema]) => parameter(name, 'path', schema)),
      ...Object.entries(query).map(([name, schema]) => parameter(name, 'query', schema)),
    ],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      [status]: {
        description: response ? 'Done.' : 'Done; there is nothing to say.',
        ...(response && { content: json(response) }),
      },
      ...failure(),
    },
  };
}

function consoleOperation(): object {
  return {
    operationId: 'console',
    summary: `The console: an upgrade to ${CONSOLE_PROTOCOL}, after which its bytes go both ways.`,
    parameters: [
      domainParameter(),
      ...Object.entries(CONSOLE_QUERY).map(([name, schema]) => parameter(name, 'query', schema)),
      parameter('Upgrade', 'header', { type: 'string', enum: [CONSOLE_PROTOCOL] }, true),
    ],
    responses: { 101: { description: 'From here on bytes of the console, both ways.' }, ...failure() },
  };
}

function switchOperation(): object {
  return {
    operationId: 'switch',
    summary: `A client of the switch: an upgrade to ${SWITCH_PROTOCOL}, after which both sides say one JSON object a line.`,
    parameters: [parameter('Upgrade', 'header', { type: 'string', enum: [SWITCH_PROTOCOL] }, true)],
    responses: {
      101: { description: 'From here on calls, their answers, requests to answer and what is watched.' },
      ...failure(),
    },
  };
}

function eventsOperation(): object {
  const line: Schema = { anyOf: [replies.machineEvent, replies.lostEvents] };
  return {
    operationId: 'watch',
    summary:
      'Everything that happens from now on, one JSON object a line. A slow reader loses the oldest, and is told.',
    responses: {
      200: {
        description: 'Lines until the client goes.',
        content: { 'application/x-ndjson': { schema: reference(line) } },
      },
      ...failure(),
    },
  };
}

function descriptionOperation(): object {
  return {
    operationId: 'openapi',
    summary: 'This description.',
    responses: { 200: { description: 'OpenAPI 3.1.', content: json({ type: 'object' }) }, ...failure() },
  };
}

function domainParameter(): object {
  return { ...parameter('domain', 'path', domainReference), description: 'Its name, or its domid.' };
}

function parameter(
  name: string,
  place: 'path' | 'query' | 'header',
  schema: Schema,
  required = place === 'path',
): object {
  return { name, in: place, required, schema: reference(schema) };
}

function json(schema: Schema): object {
  return { 'application/json': { schema: reference(schema) } };
}

function failure(): object {
  return {
    default: { description: 'It failed.', content: { [PROBLEM_TYPE]: { schema: reference(replies.problem) } } },
  };
}

/** A schema with a name as a reference to it. */
function reference(schema: Schema): Schema {
  const name = NAME_OF.get(schema);
  return name === undefined ? children(schema) : { $ref: `#/components/schemas/${name}` };
}

function children(schema: Schema): Schema {
  const { properties, items, anyOf } = schema;
  const each = (below: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(below).map(([key, value]) => [key, reference(value)]));
  return {
    ...schema,
    ...(properties && { properties: each(properties) }),
    ...(items && { items: reference(items) }),
    ...(anyOf && { anyOf: anyOf.map(reference) }),
  };
}
