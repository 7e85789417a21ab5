/** When a process with an end of a link may end, and the errors of two processes with different definitions. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { printIfTestFails } from '../support/child-output.ts';
import { testsNative } from '../support/engines.ts';
import { useProcesses } from './peer-process.ts';

useProcesses();

interface Line {
  is: string;
  code?: string;
  message?: string;
  answered?: number;
}

const engines = testsNative ? (['native', 'file'] as const) : (['file'] as const);
const children = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  children.clear();
});

/** Starts an end (peers/lifetime.mjs); `heard` resolves with the next line of that kind, and `exited` with all lines. */
function start(role: 'controller' | 'guest', options: object = {}, engine: string = engines[0]) {
  const script = fileURLToPath(new URL('peers/lifetime.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, role, 'lifetime', JSON.stringify(options)], {
    env: { ...process.env, CTRL_IF_ENGINE: engine },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  printIfTestFails(child);
  children.add(child);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const closed = once(child, 'close');
  const heard = (is: string): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = lines.find((line) => line.is === is);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      closed.then(() => reject(new Error(`it ended and never said ${is}: ${JSON.stringify(lines)}`)));
    });
  return {
    child,
    heard,
    exited: async () => {
      const [code] = await closed;
      return { code, lines };
    },
  };
}

describe.each(engines)('with the %s engine', (engine) => {
  const strategies = engine === engines[0] ? (['adaptive', 'spin', 'park'] as const) : (['spin'] as const);

  it.each(strategies)('a guest that is unref()d and waits by %s lets its process end', async (idle) => {
    const controller = start('controller', {}, engine);
    await controller.heard('listening');
    const { code, lines } = await start('guest', { unref: true, idle }, engine).exited();
    expect([code, lines.map(({ is }) => is)]).toEqual([0, ['connected', 'exit']]);
    await controller.heard('left');
  });

  it.each(strategies)('it is answered, waiting by %s, while something else keeps its process alive', async (idle) => {
    const controller = start('controller', { idle }, engine);
    await controller.heard('listening');
    const { code, lines } = await start('guest', { unref: true, idle, aliveFor: 300 }, engine).exited();
    expect([code, lines.map(({ is }) => is)]).toEqual([0, ['connected', 'answered', 'exit']]);
    expect(lines[1]!.answered).toBeGreaterThan(0);
  });

  it.each(strategies)('a controller that is unref()d and waits by %s ends with its last work', async (idle) => {
    const controller = start('controller', { unref: true, idle, aliveFor: 3000 }, engine);
    await controller.heard('listening');
    const guest = start('guest', { aliveFor: 100 }, engine);
    expect((await guest.heard('answered')).answered).toBeGreaterThan(0);
    const { code, lines } = await controller.exited();
    expect([code, lines.map(({ is }) => is)]).toEqual([0, ['listening', 'joined', 'exit']]);
  });

  it('a guest keeps its process alive where it is not unref()d, and where it was and is ref()d again', async () => {
    const controller = start('controller', {}, engine);
    await controller.heard('listening');
    for (const unref of [false, 'and-ref']) {
      const guest = start('guest', { unref }, engine);
      await guest.heard('connected');
      // What must not happen has no event: a process with nothing to do would have ended long before another has started.
      await start('guest', { unref: true }, engine).exited();
      expect(guest.child.exitCode).toBeNull();
    }
  });

  it('a guest that is unref()d can be closed, and the process waits for the close', async () => {
    const controller = start('controller', {}, engine);
    await controller.heard('listening');
    const { code, lines } = await start('guest', { unref: true, closes: true }, engine).exited();
    expect([code, lines.map(({ is }) => is)]).toEqual([0, ['connected', 'closed', 'exit']]);
  });
});

describe('two processes whose definitions differ', () => {
  it('both get the difference, and the guest is refused', async () => {
    const controller = start('controller', { fields: { n: 'u32', base: 'u32' } });
    await controller.heard('listening');
    const { lines } = await start('guest', { fields: { base: 'u32', n: 'u32' } }).exited();
    const sentence =
      'SQUARE differs: the order of its fields is n, base, squared at the controller and base, n, squared at';
    for (const told of [lines[0], await controller.heard('refused')]) {
      expect(told).toMatchObject({ code: 'ERR_CTRL_IF_DEFINITION', message: expect.stringContaining(sentence) });
    }
    const other = await start('guest', { fields: { n: 'f64', base: 'u32' } }).exited();
    expect(other.lines[0]!.message).toContain('field n is u32 at the controller and f64 at the guest; give both sides');
  });
});

it('a guest process that waits connects to the controller that starts after another was killed', async () => {
  const first = start('controller');
  await first.heard('listening');
  first.child.kill('SIGKILL');
  await first.exited();
  const guest = start('guest', { wait: true });
  const second = start('controller');
  await Promise.all([guest.heard('connected'), second.heard('joined')]);
});
