import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { CtrlIfError } from '../errors.ts';
import { type MachineOperations, type Stream, streams } from '../machine/operations.ts';
import { bodyOf } from '../schema/operation.ts';
import type { Closing } from './closing.ts';
import { eventLines } from './event-lines.ts';
import { OPENAPI_PATH, openapi } from './openapi.ts';
import { PROBLEM_TYPE, type Problem, toProblem } from './problem.ts';
import { MAX_BODY_BYTES, readBody } from './read-body.ts';
import { withInput } from './read-request.ts';

type Bindings = { Bindings: HttpBindings };

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** The routes of the API. `upgrade.ts` serves upgrades; a request for one without `Upgrade` is refused here. */
export function createApp(machine: MachineOperations, closing: Closing, version: string): Hono<Bindings> {
  const app = new Hono<Bindings>();
  app.onError((error, context) => answer(context, toProblem(error)));
  app.notFound((context) => refuse(context, 404, `there is nothing at ${context.req.path}; see ${OPENAPI_PATH}`));

  for (const [name, operation] of Object.entries(machine.operations)) {
    app.on(operation.method.toUpperCase(), honoPath(operation.path), async (context) => {
      const body = bodyOf(operation) ? await readBody(context.env.incoming as IncomingMessage) : '';
      if (body === undefined)
        return refuse(context, 413, `the body is larger than the ${MAX_BODY_BYTES} bytes that the API takes`);
      const { req } = context;
      const raw = { path: req.param(), query: req.query(), body };
      const result = await withInput(operation, raw, (input) =>
        closing.before(machine.call(name, input, { signal: req.raw.signal })),
      );
      if (operation.status === 204) return context.body(null, 204);
      return context.body(JSON.stringify(result), operation.status, JSON_TYPE);
    });
  }
  const description = JSON.stringify(openapi(machine, version));
  app.get(OPENAPI_PATH, (context) => context.body(description, 200, JSON_TYPE));
  app.get(streams.watch.path, (context) =>
    context.body(eventLines(machine, closing), 200, { 'Content-Type': 'application/x-ndjson' }),
  );
  for (const { path, upgrade } of [streams.console, streams.switch]) {
    app.get(honoPath(path), (context) => {
      context.header('Upgrade', upgrade);
      return refuse(context, 426, `${path} is an upgrade; ask with "Connection: Upgrade" and "Upgrade: ${upgrade}"`);
    });
  }
  for (const [path, methods] of methodsByPath(machine)) {
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

function methodsByPath(machine: MachineOperations): Map<string, string[]> {
  const streamed = Object.values<Stream>(streams).map(({ path }) => path);
  const methods = new Map([...streamed, OPENAPI_PATH].map((path) => [path, ['GET']]));
  for (const { path, method } of Object.values(machine.operations))
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  return methods;
}

/** `{domain}` is `:domain` to hono. */
function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
