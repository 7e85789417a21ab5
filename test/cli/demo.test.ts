import { describe, expect, it } from 'vitest';
import { Cli, ENGINES, packageWithoutAddon, pagesOf, run, useRuntimeDirectory } from './cli.ts';

const runtimeDirectory = useRuntimeDirectory();
const rootWithoutAddon = packageWithoutAddon();
/** Each of its steps has one of its own. */
const DEADLINE = 60_000;
const SCENES = 6;

interface Line {
  event?: { kind: string; name: string; from?: number; to?: number; result?: string };
  scene?: { title: string; happened: boolean; detail: string };
  comparison?: object;
}

describe.runIf(ENGINES.includes('native'))('demo', () => {
  it('tells every message of a machine, and what came of it', { timeout: DEADLINE }, async () => {
    const { code, stdout, stderr } = await run(['demo']);
    expect(stdout.match(/^done in \d+ ms: /gm)).toHaveLength(SCENES);
    expect(stdout).toContain('6 devices connected, pattern and event crossed both ways on each');
    expect(stdout).toMatch(
      /^ +\d+ ms {2}controller → driver +BLKIF_BE_CONNECT +domid 2 blkifHandle 0 shmemFrame \d+ evtchn \d+$/m,
    );
    expect(stdout).toMatch(/^ +\d+ ms {2}driver → controller +BLKIF_BE_CONNECT +OKAY$/m);
    expect(stdout).toMatch(/^ {2}native +[\d.]+ µs /m);
    expect(stdout).not.toContain('\x1b');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(runtimeDirectory()).toEqual([]);
  });

  it('tells the same as JSON', { timeout: DEADLINE }, async () => {
    const { code, stdout } = await run(['demo', '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line): Line => JSON.parse(line));
    const scenes = lines.flatMap(({ scene }) => scene ?? []);
    expect(scenes.map(({ happened }) => happened)).toEqual(new Array(SCENES).fill(true));
    const ended = lines.flatMap(({ event }) =>
      event?.kind === 'domain' && event.result === 'poweroff' ? event.name : [],
    );
    expect(ended).toEqual(['web', 'db', 'driver']);
    const names = new Set(lines.flatMap(({ event }) => (event?.kind === 'message' ? event.name : [])));
    for (const name of [
      'BLKIF_BE_CREATE',
      'BLKIF_BE_VBD_CREATE',
      'BLKIF_FE_INTERFACE_CONNECT',
      'NETIF_BE_CREDITLIMIT',
      'USBIF_BE_CLAIM_PORT',
      'CONSOLE_DATA',
      'MEM_REQUEST_SET',
      'VCPU_HOTPLUG_OFF',
      'SHUTDOWN_POWEROFF',
    ]) {
      expect(names).toContain(name);
    }
    expect(lines.at(-1)!.comparison).toMatchObject({
      nativeMicroseconds: expect.any(Number),
      busy: expect.any(Boolean),
    });
    expect(code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves no domain behind on %s', { timeout: DEADLINE }, async (signal) => {
    const demo = new Cli(['demo', '--json']);
    await demo.sees('stdout', /"BLKIF_FE_INTERFACE_CONNECT"/);
    const { code } = await demo.kill(signal);
    expect(code).toBe(1);
    expect(runtimeDirectory()).toEqual([]);
    expect(pagesOf(demo.process.pid!)).toEqual([]);
  });
});

it('shows the messages in pure JS without the addon, and says why', { timeout: DEADLINE }, async () => {
  const { code, stdout, stderr } = await run(['demo'], { root: rootWithoutAddon });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^domains with memory and devices need the native engine \(.+\)/);
  expect(stdout).toMatch(/^42 of 42 messages arrived identical/m);
  expect(code).toBe(0);
});
