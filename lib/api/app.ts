import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { CtrlIfError } from '../errors.ts';
import type { MachineOperations } from '../machine/operations.ts';
import type { Closing } from './closing.ts';
import { eventLines } from './event-lines.ts';
import { openapi } from './openapi.ts';
import { PROBLEM_TYPE, type Problem, toProblem } from './problem.ts';
import { MAX_BODY_BYTES, readBody } from './read-body.ts';
import { readRequest } from './read-request.ts';
import { EVENTS_PATH, OPENAPI_PATH, routes, UPGRADES } from './routes.ts';

type Bindings = { Bindings: HttpBindings };

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Everything at the API but consoles. */
export function createApp(machine: MachineOperations, closing: Closing, version: string): Hono<Bindings> {
  const app = new Hono<Bindings>();
  app.onError((error, context) => answer(context, toProblem(error)));
  app.notFound((context) => refuse(context, 404, `there is nothing at ${context.req.path}; see ${OPENAPI_PATH}`));

  for (const route of routes) {
    app.on(route.method.toUpperCase(), honoPath(route.path), async (context) => {
      const body = route.body ? await readBody(context.env.incoming as IncomingMessage) : '';
      if (body === undefined)
        return refuse(context, 413, `the body is larger than the ${MAX_BODY_BYTES} bytes that the API takes`);
      const { req } = context;
      const request = readRequest(route, { path: req.param(), query: req.query(), body, signal: req.raw.signal });
      const result = await closing.before(route.run(machine, request));
      if (route.status === 204) return context.body(null, 204);
      return context.body(JSON.stringify(result), route.status, JSON_TYPE);
    });
  }
  const description = JSON.stringify(openapi(version));
  app.get(OPENAPI_PATH, (context) => context.body(description, 200, JSON_TYPE));
  app.get(EVENTS_PATH, (context) =>
    context.body(eventLines(machine, closing), 200, { 'Content-Type': 'application/x-ndjson' }),
  );
  for (const [path, protocol] of UPGRADES) {
    app.get(honoPath(path), (context) => {
      context.header('Upgrade', protocol);
      return refuse(context, 426, `${path} is an upgrade; ask with "Connection: Upgrade" and "Upgrade: ${protocol}"`);
    });
  }
  for (const [path, methods] of methodsByPath()) {
    app.all(honoPath(path), (context) => {
      context.header('Allow', methods.join(', '));
      return refuse(context, 405, `${path} takes ${methods.join(' and ')}, not ${context.req.method}`);
    });
  }
  return app;
}

function refuse(context: Context, status: number, sentence: string): Response {
  return answer(context, toProblem(new CtrlIfError('ERR_CTRL_IF_REQUEST', sentence), status));
}

function answer(context: Context, problem: Problem): Response {
  const { status } = problem as { status: 500 };
  return context.body(JSON.stringify(problem), status, { 'Content-Type': PROBLEM_TYPE });
}

function methodsByPath(): Map<string, string[]> {
  const methods = new Map([...UPGRADES.keys(), EVENTS_PATH, OPENAPI_PATH].map((path) => [path, ['GET']]));
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  return methods;
}

/** `{domain}` is `:domain` to hono. */
function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
