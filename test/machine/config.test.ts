import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CtrlIfError } from '../../lib/errors.ts';
import { toDomainConfig } from '../../lib/machine/config.ts';
import { readJSON } from '../../lib/machine/json-source.ts';
import type { DomainConfig } from '../../lib/machine/operations.ts';
import { readSource } from '../../lib/machine/read-source.ts';
import { readTOML } from '../../lib/machine/toml-source.ts';
import { expectError } from '../support/expect-error.ts';
import { configs } from './arbitrary-config.ts';
import { layOut } from './toml-layout.ts';

const json = (text: string) => toDomainConfig(readJSON(text, 'web.json'));
const toml = (text: string) => toDomainConfig(readTOML(text, 'web.toml'));

const WEB: DomainConfig = {
  name: 'web',
  command: ['node', 'guest.js'],
  memory: 16,
  disks: [
    { target: '/img/root', vdevice: 768 },
    { target: '/img/data', vdevice: 769, mode: 'r', backend: 2 },
  ],
  vifs: [{ mac: '00:16:3e:00:00:01', credit: { bytes: 100_000, microseconds: 50_000 } }],
  usbs: [{ path: '1-1' }],
  restart: 'always',
};

describe('a configuration', () => {
  it('is read from JSON', () => {
    expect(json(JSON.stringify(WEB, null, 2))).toStrictEqual(WEB);
  });

  it('is read from TOML', () => {
    const text = `
name = "web"
command = ["node", "guest.js"]
memory = 0x10
usbs = [{ path = "1-1" }]
restart = 'always'

[[disks]]
target = "/img/root"
vdevice = 768

[[disks]]
target = "/img/data"
vdevice = 769
mode = "r"
backend = 2

[[vifs]]
mac = "00:16:3e:00:00:01"
credit.bytes = 100_000
credit.microseconds = 50_000
`;
    expect(toml(text)).toStrictEqual(WEB);
  });

  it('of any content survives JSON', () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(json(JSON.stringify(config))).toStrictEqual(config);
      }),
    );
  });
});

describe('a mistake is reported with its line', () => {
  it.each<[string, string, string, string]>([
    ['an unknown key', 'name = "web"\nmemroy = 8\n', 'web.toml:2', 'did you mean "memory"?'],
    ['another spelling of a key', 'name = "web"\n\nmax_memory = 8\n', 'web.toml:3', 'did you mean "maxMemory"?'],
    [
      'a key like no other',
      'name = "web"\nkernel = "/boot/vmlinuz"\n',
      'web.toml:2',
      'only name, command, driver, memory',
    ],
    ['an unknown key of a disk', '[[disks]]\ntarget="a"\nvdevice=1\nvdev=2\n', 'web.toml:4', 'did you mean "vdevice"?'],
    ['the prototype', 'name = "web"\n__proto__ = { memory = 8 }\n', 'web.toml:2', 'no key "__proto__"'],
    ['the prototype as a table', 'name = "web"\n[__proto__]\nmemory = 8\n', 'web.toml:2', 'no key "__proto__"'],
    ['the constructor', 'name = "web"\nconstructor.prototype.x = 8\n', 'web.toml:2', 'no key "constructor"'],
    ['a key that is missing', 'memory = 8\n', 'web.toml:1', 'name is missing; it must be a name of 1 to 64'],
    [
      'a key that a disk misses',
      'name = "a"\n[[disks]]\ntarget="a"\n[[disks]]\nvdevice=1\ntarget="b"',
      'web.toml:2',
      'disks[0].vdevice is missing',
    ],
    [
      'a string for a number',
      'name = "web"\nmemory = "8"\n',
      'web.toml:2',
      'memory must be a whole number of MiB from 1 to 4096, and is "8"',
    ],
    ['a fraction', 'name = "web"\nmemory = 8.5\n', 'web.toml:2', 'and is 8.5'],
    ['infinity', 'name = "web"\nshutdownSeconds = inf\n', 'web.toml:2', 'and is Infinity'],
    ['a date', 'name = 2020-01-01\n', 'web.toml:1', 'and is a date'],
    [
      'too many processors',
      'name = "web"\nvcpus = 33\n',
      'web.toml:2',
      'vcpus must be a whole number from 1 to 32, and is 33',
    ],
    [
      'a choice that there is not',
      'name = "web"\nrestart = "often"\n',
      'web.toml:2',
      '"always" or "on-reboot" or "never"',
    ],
    ['a name like a domid', 'name = "12"\n', 'web.toml:1', 'neither a digit nor a dot'],
    ['a name like a path', 'name = ".."\n', 'web.toml:1', 'neither a digit nor a dot'],
    ['a name that is too long', `name = "${'x'.repeat(65)}"\n`, 'web.toml:1', '1 to 64'],
    ['a MAC address', 'name = "a"\n[[vifs]]\nmac = "00:16:3e"\n', 'web.toml:3', 'vifs[0].mac must be a MAC address'],
    [
      'half a limit',
      'name = "a"\n[[vifs]]\n[vifs.credit]\nbytes = 8',
      'web.toml:3',
      'vifs[0].credit.microseconds is missing',
    ],
    [
      'a path with a character of three bytes',
      'name = "a"\nusbs = [\n  { path = "€" },\n]',
      'web.toml:3',
      'usbs[0].path must be',
    ],
    ['an empty command', 'name = "a"\ncommand = []', 'web.toml:2', 'a list of a program and its arguments, and is []'],
    ['a list that is none', 'name = "a"\n[disks]\ntarget="x"', 'web.toml:2', 'disks must be a list of disks'],
    [
      'less than is to begin with',
      'name = "a"\nmemory = 16\nmaxMemory = 8',
      'web.toml:3',
      'at least memory, which is 16',
    ],
    [
      'a device number twice',
      'name = "a"\n[[disks]]\ntarget="a"\nvdevice=1\n[[disks]]\ntarget="b"\nvdevice=1',
      'web.toml:7',
      'which disks[0].vdevice is already',
    ],
    [
      'an address twice',
      'name = "a"\nvifs = [\n{mac="aa:aa:aa:aa:aa:aa"},\n{mac="AA:AA:AA:AA:AA:AA"}]',
      'web.toml:4',
      'which vifs[0].mac is already',
    ],
    ['a key twice', 'name = "a"\nname = "b"', 'web.toml:2', 'this is not TOML'],
    ['what is no TOML', 'name = "a"\nmemory 8', 'web.toml:2', 'this is not TOML: expected equal'],
    ['a value that is missing', 'name = "a"\nmemory =\nvcpus = 2\n', 'web.toml:2', 'this line is not finished'],
    ['a value on the next line', 'name = "a"\nmemory = # MiB\n\n  16\n', 'web.toml:2', 'this line is not finished'],
    ['a value that is missing at the end', 'name = "a"\nmemory =\n\n', 'web.toml:2', 'this line is not finished'],
    ['a key alone', 'name = "a"\nmemory\nvcpus = 2\n', 'web.toml:2', 'this line is not finished'],
    ['half a heading', 'name = "a"\n[[disks]\ntarget = "a"\n', 'web.toml:2', 'this line is not finished'],
    ['a heading without its end', 'name = "a"\n[disks\ntarget = "a"\n', 'web.toml:2', 'this line is not finished'],
    [
      'an inline table over two lines',
      'name = "a"\nvifs = [\n{ mac = "aa:aa:aa:aa:aa:aa",\nbackend = 1 }]',
      'web.toml:3',
      'this line is not finished',
    ],
    ['a list without its end', 'name = "a"\ncommand = ["x"\nvcpus = 2\n', 'web.toml:2', 'is not closed'],
    ['a list without its end before a list', 'command = [\n"x",\nusbs = [\n]', 'web.toml:1', 'is not closed'],
    ['a list without its end at the end', 'name = "a"\ncommand = [\n"x",\n', 'web.toml:2', 'is not closed'],
    ['a text without its end', 'name = """\na\n\nmemory = 8\n', 'web.toml:1', 'is not closed'],
    ['a text without its end, to a last line without its own', 'name = """\n[\n]', 'web.toml:1', 'is not closed'],
    ['a wrong element of a list', 'name = "a"\ncommand = [\n"x",\ny,\n]', 'web.toml:4', 'unexpected character'],
    ['a comma that is missing', 'name = "a"\ncommand = [\n"x"\n"y"\n]', 'web.toml:4', 'expected comma'],
    ['the first of two mistakes', 'name = "a"\nname = "b"\nmemory =\n', 'web.toml:2', 'a key multiple times'],
    ['after lines that end as in DOS', 'name = "a"\r\nmemory =\r\nvcpus = 2\r\n', 'web.toml:2', 'not finished'],
  ])('%s, in TOML', (_, text, where, says) => {
    const error = expectError('ERR_CTRL_IF_CONFIG', says, () => toml(text));
    expect(error.message).toContain(`${where}: `);
    expect(error.subject).toMatch(/^web\.toml:\d+$/);
  });

  it.each<[string, string, string, string]>([
    ['an unknown key', '{\n  "name": "web",\n  "memroy": 8\n}', 'web.json:3', 'did you mean "memory"?'],
    ['a wrong value', '{\n  "name": "web",\n  "memory":\n    null }', 'web.json:3', 'and is null'],
    ['the prototype', '{\n"name": "web",\n"__proto__": {"memory": 8}}', 'web.json:3', 'no key "__proto__"'],
    ['a key twice', '{"name": "web",\n"name": "web"}', 'web.json:2', 'the key "name" is there a second time'],
    ['a comma too many', '{\n"name": "web",\n}', 'web.json:3', 'this is not JSON: property name expected'],
    ['a comment', '{\n// the name\n"name": "web" }', 'web.json:2', 'this is not JSON: invalid comment token'],
    ['more than one value', '{ "name": "web" }\n{}', 'web.json:2', 'this is not JSON: end of file expected'],
    ['nothing', '', 'web.json', 'this is not JSON'],
    ['a list', '[]', 'web.json:1', 'it must be a domain, with its name, and is []'],
    ['a disk that is none', '{"name":"a","disks":[\n3]}', 'web.json:2', 'disks[0] must be a disk'],
  ])('%s, in JSON', (_, text, where, says) => {
    const error = expectError('ERR_CTRL_IF_CONFIG', says, () => json(text));
    expect(error.message).toContain(`${where}`);
  });

  it('also if there are several: all in `mistakes`, the first five in the message', () => {
    const keys = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7'];
    const text = `name = "web"\n${keys.map((key) => `${key} = 1\n`).join('')}`;
    const error = expectError('ERR_CTRL_IF_CONFIG', 'and 2 more', () => toml(text));
    expect(error.mistakes!.map(({ where, path }) => [where, path])).toEqual(
      keys.map((key, i) => [`web.toml:${i + 2}`, [key]]),
    );
  });

  it('for an unknown key at any place of a valid configuration', () => {
    fc.assert(
      fc.property(configs, fc.nat(), (config, choice) => {
        const lines = JSON.stringify(config, null, 1).split('\n');
        const opening = lines.flatMap((line, i) => (line.endsWith('{') ? [i] : []));
        const after = opening[choice % opening.length]!;
        lines.splice(after + 1, 0, '"zzzzzzzz": 1,');
        expectError('ERR_CTRL_IF_CONFIG', `web.json:${after + 2}: there is no key "zzzzzzzz"`, () =>
          json(lines.join('\n')),
        );
      }),
    );
  });

  it('for any layout of the TOML and any place of the mistake', () => {
    fc.assert(
      fc.property(configs, fc.gen(), fc.nat(), (config, choose, choice) => {
        const { lines, lineOf } = layOut(config, choose);
        const text = lines.join('\n');
        expect(toml(text)).toEqual(config);
        const { locate } = readTOML(text, 'web.toml');
        for (const [path, line] of lineOf) expect([path, locate(path)]).toEqual([path, `web.toml:${line}`]);
        const [path, line] = lineOf[choice % lineOf.length]!;
        // A missing key is reported at its table.
        expect(locate([...path, 'no', 'such'])).toBe(`web.toml:${line}`);
      }),
    );
  });

  it.each([
    'zz =',
    'zz',
    'zz.',
    '[zz',
    '[[zz]',
    '[[zz',
    'zz = "abc',
    "zz = 'abc",
    'zz = [',
    'zz = [1,',
    'zz = [[1],',
    'zz = { a = 1,',
    'zz = { a =',
    'zz = """',
    "zz = '''x",
    '= 1',
    'zz = 1 1',
    'zz = yes',
  ])('for a line %s at any place of the TOML', (broken) => {
    fc.assert(
      fc.property(configs, fc.gen(), fc.nat(), (config, choose, choice) => {
        const { lines, seams } = layOut(config, choose);
        const above = seams[choice % seams.length]!;
        const text = lines.toSpliced(above, 0, broken).join('\n');
        expectError('ERR_CTRL_IF_CONFIG', `web.toml:${above + 1}: this is not TOML`, () => toml(text));
      }),
    );
  });

  it('and any other text fails with an error of ctrl-if', () => {
    const failsWell = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(CtrlIfError);
      }
    };
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '[[',
      ']]',
      '"',
      '=',
      ':',
      ',',
      '.',
      '\n',
      'name',
      '"name"',
      '1',
      '#',
      '\\',
      '\0',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
        failsWell(() => json(parts.join('')));
        failsWell(() => toml(parts.join('')));
      }),
    );
  });
});

describe('a file', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ctrl-if-config-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([
    ['web.json', '{"name": "web"}'],
    ['web.TOML', 'name = "web"'],
  ])('%s is read by its extension', async (name, text) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    expect(toDomainConfig(await readSource(path))).toStrictEqual({ name: 'web' });
  });

  it.each([
    ['web.yaml', 'ends neither in .json nor in .toml'],
    ['missing.json', 'cannot be read (ENOENT)'],
  ])('%s is refused', async (name, says) => {
    const error = await readSource(join(directory, name)).catch((error) => error);
    expect(error).toMatchObject({ code: 'ERR_CTRL_IF_CONFIG', message: expect.stringContaining(says) });
  });
});
