import { CtrlIfError } from '../errors.ts';
import { conforming, toDomainConfig } from '../machine/config.ts';
import { domainConfig } from '../machine/config-schema.ts';
import { readJSON } from '../machine/json-source.ts';
import type { DomainReference } from '../machine/operations.ts';
import { mistakesIn, type Schema } from '../machine/schema.ts';
import type { ApiRequest, Route } from './routes.ts';

/** What of an HTTP request a route is about: decoded, unchecked. */
export interface RawRequest {
  path: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
}

/** Checks `raw` against the route's schemas. Throws `ERR_CTRL_IF_REQUEST` or, of a body, `ERR_CTRL_IF_CONFIG`. */
export function readRequest(route: Route, raw: RawRequest): ApiRequest {
  const parameters: Record<string, string | number | undefined> = {};
  for (const [name, schema] of Object.entries(route.inPath ?? {})) {
    parameters[name] = parameter(name, raw.path[name]!, schema);
  }
  return {
    domain: toReference(raw.path.domain ?? ''),
    parameters: { ...parameters, ...readQuery(route, raw.query) },
    body: readBody(route, raw.body),
    signal: raw.signal,
  };
}

/** The parameters behind the `?`, see {@link readRequest}. */
export function readQuery(
  route: Pick<Route, 'path' | 'query'>,
  query: Readonly<Record<string, string>>,
): Record<string, string | number> {
  const parameters: Record<string, string | number> = {};
  for (const [name, text] of Object.entries(query)) {
    const schema = route.query && Object.hasOwn(route.query, name) ? route.query[name] : undefined;
    if (!schema) {
      const known = Object.keys(route.query ?? {}).join(', ') || 'none';
      const sentence = `${route.path} takes no parameter ${JSON.stringify(name)}; it takes ${known}`;
      throw new CtrlIfError('ERR_CTRL_IF_REQUEST', sentence, { expected: known, received: name });
    }
    parameters[name] = parameter(name, text, schema);
  }
  return parameters;
}

/** Digits are a domid, as no name consists of them alone. */
export function toReference(text: string): DomainReference {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

function parameter(name: string, text: string, schema: Schema): string | number {
  const isNumber =
    (schema.type === 'integer' && /^\d+$/.test(text)) || (schema.type === 'number' && /^\d+(\.\d+)?$/.test(text));
  const value = isNumber ? Number(text) : text;
  const [mistake] = mistakesIn(schema, value, [name]);
  if (!mistake) return value;
  const { sentence, expected } = mistake;
  throw new CtrlIfError('ERR_CTRL_IF_REQUEST', `${sentence}; correct the address`, { expected, received: text });
}

function readBody({ body: schema }: Route, text: string): unknown {
  if (!schema) return undefined;
  const source = readJSON(text, 'the request');
  return schema === domainConfig ? toDomainConfig(source) : conforming(schema, source);
}
