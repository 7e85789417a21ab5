/** API servers of fake machines, closed after each test, and requests to them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { ApiClient } from '../../lib/api/client.ts';
import { apiPath } from '../../lib/api/path.ts';
import { type ApiServer, serveApi } from '../../lib/api/serve.ts';
import { FakeMachine } from './fake-machine.ts';

const open: ApiServer[] = [];

/** A runtime directory for this test file. After each test it must be empty. */
export function useRuntimeDirectory(): void {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ctrl-if-api-'));
    process.env.CTRL_IF_RUNTIME_DIR = directory;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
    expect(readdirSync(directory)).toEqual([]);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
}

export async function serverOf(machine = new FakeMachine(), name = 'test') {
  const server = await serveApi(machine, { path: apiPath(name) });
  open.push(server);
  return { machine, server, client: new ApiClient({ path: server.path }) };
}

export interface Answer {
  status: number;
  type: string | undefined;
  headers: NodeJS.Dict<string | string[]>;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON value
  body: any;
}

export function ask(server: ApiServer, method: string, path: string, body?: unknown): Promise<Answer> {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const question = request({ socketPath: server.path, method, path, agent: false }, async (response) => {
      let answer = '';
      for await (const chunk of response.setEncoding('utf8')) answer += chunk;
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, type: headers['content-type'], headers, body: answer && JSON.parse(answer) });
    });
    question.on('error', reject);
    question.end(text);
  });
}
