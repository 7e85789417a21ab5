/** A disk whose target cannot be served is refused with the reason, and leaves nothing. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiPath } from '../../lib/api/path.ts';
import { serveApi } from '../../lib/api/serve.ts';
import { whyNotServed } from '../../lib/device/classes/block/disk-target.ts';
import { Cli } from '../cli/cli.ts';
import { Events, useMachines } from './machines.ts';

const start = useMachines();
let home: string;
let present: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-targets-'));
  present = join(home, 'present.img');
  writeFileSync(present, '');
  mkdirSync(join(home, 'directory'));
  symlinkSync(join(home, 'nowhere'), join(home, 'dangling'));
});
afterAll(() => rmSync(home, { recursive: true }));

const WRONG: [what: string, target: () => string, says: RegExp][] = [
  ['that does not exist', () => join(home, 'missing.img'), /missing\.img does not exist/],
  [
    'that is relative and does not exist',
    () => 'missing.img',
    new RegExp(`${process.cwd()}/missing\\.img does not exist`),
  ],
  ['below a file', () => join(present, 'below'), /below does not exist/],
  ['that is a directory', () => join(home, 'directory'), /directory is a directory/],
  ['that is a link to nothing', () => join(home, 'dangling'), /dangling does not exist/],
];

describe('a target', () => {
  it.each(WRONG)('%s is refused when it is attached, and leaves nothing', async (_, target, says) => {
    const machine = await start();
    await machine.create({ name: 'web' });
    const refused = { code: 'ERR_CTRL_IF_DEVICE_REFUSED', status: 'PHYSDEV_NOT_FOUND', subject: target() };
    const attached = machine.blockAttach('web', { target: target(), vdevice: 769 });
    await expect(attached).rejects.toMatchObject({ ...refused, message: expect.stringMatching(says) });
    expect(await machine.devices('web')).toEqual([]);
    // The backend has no interface of that handle, nor the frontend a disk of that number.
    const device = await machine.blockAttach('web', { target: present, vdevice: 769 });
    expect(device).toMatchObject({ handle: 0, state: 'CONNECTED', target: present, mode: 'w' });
    await expect(machine.blockAttach('web', { target: target(), vdevice: 770 })).rejects.toMatchObject(refused);
    expect(await machine.devices('web')).toMatchObject([{ id: '769', state: 'CONNECTED' }]);
  });

  it.each(WRONG)('%s is refused when a domain is created, and leaves no domain', async (_, target, says) => {
    const machine = await start();
    const disks = [
      { target: present, vdevice: 769 },
      { target: target(), vdevice: 770 },
    ];
    const created = machine.create({ name: 'web', disks });
    await expect(created).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_DEVICE_REFUSED',
      message: expect.stringMatching(says),
    });
    expect((await machine.list()).map(({ name }) => name)).toEqual(['driver']);
    expect(await machine.create({ name: 'web', disks: disks.slice(0, 1) })).toMatchObject({
      devices: [{ state: 'CONNECTED' }],
    });
  });

  it('that is relative is relative to the directory of the machine', async () => {
    const machine = await start();
    await machine.create({ name: 'web' });
    const target = relative(process.cwd(), present);
    const device = await machine.blockAttach('web', { target, vdevice: 769, mode: 'r' });
    expect(device).toMatchObject({ state: 'CONNECTED', target, mode: 'r' });
  });

  it('that is missing when its domain is started again is reported with its path, and the domain runs', async () => {
    const machine = await start();
    const target = join(home, 'vanishes.img');
    writeFileSync(target, '');
    await machine.create({ name: 'web', minimumRestartSeconds: 0, disks: [{ target, vdevice: 769 }] });
    rmSync(target);
    const events = new Events(machine);
    const reported = events.next(
      ({ name, result = '' }) => name === 'reconnect' && result.includes('PHYSDEV_NOT_FOUND'),
    );
    await machine.shutdown('web', { reason: 'reboot' });
    expect((await reported).result).toContain(
      `disk 769 was refused by driver (PHYSDEV_NOT_FOUND): ${target} does not exist`,
    );
    expect(await machine.info('web')).toMatchObject({
      state: 'running',
      devices: [{ state: 'REFUSED', refused: 'PHYSDEV_NOT_FOUND', target }],
    });
  });

  it('is opened with its mode', async () => {
    const secret = join(home, 'secret.img');
    const shown = join(home, 'shown.img');
    for (const [path, mode] of [
      [secret, 0o000],
      [shown, 0o444],
    ] as const) {
      writeFileSync(path, '');
      chmodSync(path, mode);
    }
    chmodSync(home, 0o755);
    const module = new URL('../../dist/device/classes/block/disk-target.js', import.meta.url).href;
    // A child process that drops root after its imports, because root may open any file.
    const script = `
      const { whyNotServed } = await import('${module}');
      if (process.getuid() === 0) process.setuid(65534);
      const asked = [['${secret}', 'r'], ['${shown}', 'r'], ['${shown}', 'w']];
      const whys = await Promise.all(asked.map(([target, mode]) => whyNotServed({ target, mode })));
      console.log(JSON.stringify(whys.map((why) => why ?? null)));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual([
      expect.stringMatching(/secret\.img may not be read \(EACCES\)/),
      null,
      expect.stringMatching(/shown\.img may not be read and written \(EACCES\); .*mode=r$/),
    ]);
    expect(await whyNotServed({ target: present, mode: 'w' })).toBeUndefined();
  });
});

describe('at the command line', () => {
  async function ctrlIf(args: readonly string[], cwd: string) {
    return new Cli(args, { cwd }).exited;
  }

  it('a target is relative to the current directory, in a file to the file’s directory, and is shown', async () => {
    const machine = await start();
    await using _server = await serveApi(machine, { path: apiPath('lab') });
    const file = join(home, 'directory', 'web.toml');
    writeFileSync(file, 'name = "web"\n[[disks]]\ntarget = "../present.img"\nvdevice = 768\nmode = "r"\n');
    writeFileSync(join(home, 'directory', 'mine.img'), '');
    const mine = join(home, 'directory', 'mine.img');
    const created = await ctrlIf(
      ['create', '--name', 'lab', relative(home, file), '--disk', 'target=directory/mine.img,vdevice=770'],
      home,
    );
    expect(created).toMatchObject({ code: 0, stderr: '' });
    const attached = await ctrlIf(
      ['block-attach', '--name', 'lab', 'web', 'target=mine.img', 'vdevice=769'],
      dirname(mine),
    );
    expect(attached).toMatchObject({ code: 0, stderr: '' });

    const list = await ctrlIf(['block-list', '--name', 'lab', 'web'], '/');
    const rows = list.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]!.slice(-2)).toEqual(['MODE', 'TARGET']);
    const shown = rows.slice(1).map((cells) => [cells[2], ...cells.slice(-2)]);
    expect(shown).toEqual([
      ['768', 'r', present],
      ['770', 'w', mine],
      ['769', 'w', mine],
    ]);
    const info = await ctrlIf(['info', '--name', 'lab', 'web'], '/');
    expect(info.stdout).toContain(`r     ${present}\n`);
    const json = await ctrlIf(['block-list', '--name', 'lab', 'web', '--json'], '/');
    expect(JSON.parse(json.stdout)[0]).toMatchObject({ target: present, mode: 'r' });
  });

  it('a missing target is reported in one line', async () => {
    const machine = await start();
    await using _server = await serveApi(machine, { path: apiPath('lab') });
    await machine.create({ name: 'web' });
    const { code, stdout, stderr } = await ctrlIf(
      ['block-attach', '--name', 'lab', 'web', 'target=root.img', 'vdevice=769'],
      home,
    );
    expect(stderr).toBe(
      `ctrl-if: disk 769 was refused by driver (PHYSDEV_NOT_FOUND): ${home}/root.img does not exist; create it, or name another file or device (ERR_CTRL_IF_DEVICE_REFUSED)\n`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
