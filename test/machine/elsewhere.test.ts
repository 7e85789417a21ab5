/** The server of docs/machine-api.md in a process of its own, a machine, and a guest that asks: three processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { apiPath } from '../../lib/api/path.ts';
import { serveApi } from '../../lib/api/serve.ts';
import { printIfTestFails } from '../support/child-output.ts';
import { useMachines } from './machines.ts';

const start = useMachines();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INDEX = new URL('../../dist/index.js', import.meta.url).href;
/** Sends its request until a server answers, and writes the answer. */
const ASKER = `
  import { Guest } from '${INDEX}';
  const guest = await Guest.connect();
  guest.on('close', () => process.exit());
  const question = { name: 'UNKNOWN', type: 200, subtype: 0, data: Uint8Array.of(0xab) };
  let answer;
  while (!answer) {
    answer = await guest.request(question).catch((error) => {
      if (error.code !== 'ERR_CTRL_IF_NOT_UNDERSTOOD') throw error;
    });
  }
  guest.console.write(Buffer.from(answer.data).toString('hex') + '\\n');
`;

it('another program serves requests of guests until it ends', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ctrl-if-elsewhere-'));
  const machine = await start({ driver: false });
  const api = await serveApi(machine, { path: apiPath('lab') });
  const [example] = [...readFileSync(`${ROOT}docs/machine-api.md`, 'utf8').matchAll(/```js\n(.*?)```/gs)];
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(ROOT, join(home, 'node_modules', 'ctrl-if'));
  writeFileSync(join(home, 'server.mjs'), example![1]!);
  const server = spawn(process.execPath, [join(home, 'server.mjs')], { stdio: ['ignore', 'inherit', 'pipe'] });
  printIfTestFails(server);
  const ended = once(server, 'exit');
  try {
    await machine.create({ name: 'asker', command: [process.execPath, '--input-type=module', '-e', ASKER] });
    const console = (await machine.console('asker')).setEncoding('utf8');
    const [said] = await once(console, 'data');
    expect(said).toBe('01ab\n');
    // Its service ends with it, so that another client may serve.
    server.kill('SIGKILL');
    await ended;
    const next = machine.switch.client();
    for (let served = false; !served; ) {
      try {
        next.serve({ type: 200 });
        served = true;
      } catch {
        await new Promise(setImmediate);
      }
    }
  } finally {
    server.kill('SIGKILL');
    await api.close();
    rmSync(home, { recursive: true });
  }
});
