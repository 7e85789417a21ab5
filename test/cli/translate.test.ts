import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { toCamel, vectors } from '../wire/conformance.ts';
import { Cli, expectError, run } from './cli.ts';

const jsonOf = ({ name, id, fields }: (typeof vectors)[number]): string =>
  JSON.stringify({
    name,
    id,
    ...Object.fromEntries(Object.entries(fields).map(([key, value]) => [toCamel(key), value])),
  });
const hexLines = vectors.map(({ hex }) => hex);
const jsonLines = vectors.map(jsonOf);
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** One message in both forms. */
const JSON_LINE = '{"name":"BLKIF_FE_INTERFACE_CONNECT","id":1,"handle":0,"shmemFrame":"0x1234"}';
const HEX_LINE = `0221011000000000000000003412${'0'.repeat(100)}`;
const ZEROS = '0'.repeat(128);

describe('decode', () => {
  it('decodes every golden vector from standard input, in order', async () => {
    const { code, stdout, stderr } = await run(['decode'], { input: text(hexLines) });
    expect(stdout).toBe(text(jsonLines));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('decodes every golden vector from its arguments', async () => {
    const { code, stdout } = await run(['decode', ...hexLines]);
    expect(stdout).toBe(text(jsonLines));
    expect(code).toBe(0);
  });

  it('ignores case and spaces between digits, and prints flat JSON', async () => {
    const spaced = HEX_LINE.toUpperCase().replace(/(..)/g, '$1 ');
    const { stdout } = await run(['decode', HEX_LINE, spaced]);
    expect(stdout).toBe(text([JSON_LINE, JSON_LINE]));
  });

  it('takes CRLF, empty lines and a last line without an end', async () => {
    const { code, stdout } = await run(['decode'], { input: `${HEX_LINE}\r\n\r\n  \n${HEX_LINE}` });
    expect(stdout).toBe(text([JSON_LINE, JSON_LINE]));
    expect(code).toBe(0);
  });

  it('prints a message that is not in the wire table as UNKNOWN', async () => {
    const { stdout } = await run(['decode', `c8010702abcd${'0'.repeat(116)}`]);
    expect(stdout).toBe(text(['{"name":"UNKNOWN","id":7,"type":200,"subtype":1,"data":"abcd"}']));
  });

  it.each([
    ['a digit that is none', `zz${ZEROS.slice(2)}`, /holds "z" at character 1/, 'ERR_CTRL_IF_VALUE'],
    [
      'a character beyond the BMP',
      `${ZEROS.slice(2)}\u{1f4a5}`,
      /holds "\u{1f4a5}" at character 127/u,
      'ERR_CTRL_IF_VALUE',
    ],
    ['a digit too few', ZEROS.slice(1), /has 127/, 'ERR_CTRL_IF_VALUE'],
    ['a digit too many', `${ZEROS}0`, /has 129/, 'ERR_CTRL_IF_VALUE'],
    ['a length over 60', `0000003d${'0'.repeat(120)}`, /length \(byte 3 of the slot\).*61/, 'ERR_CTRL_IF_LENGTH'],
    ["a length other than the struct's", `01000001${'0'.repeat(120)}`, /must be 12.*got 1/, 'ERR_CTRL_IF_LENGTH'],
    ['"not understood"', `01000500${'0'.repeat(120)}`, /"not understood" to request 5/, 'ERR_CTRL_IF_LENGTH'],
  ])('reports %s with the number of its line, and goes on', async (_, bad, sentence, code) => {
    const outcome = await run(['decode'], { input: text([HEX_LINE, bad, HEX_LINE]) });
    expect(outcome.stdout).toBe(text([JSON_LINE, JSON_LINE]));
    expect(outcome.stderr).toMatch(/^ctrl-if: line 2: /);
    expect(outcome.stderr).toMatch(sentence);
    expectError(outcome.stderr, code);
    expect(outcome.code).toBe(1);
  });
});

describe('encode', () => {
  it('encodes every golden vector from standard input, in order', async () => {
    const { code, stdout, stderr } = await run(['encode'], { input: text(jsonLines) });
    expect(stdout).toBe(text(hexLines));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('encodes every golden vector from its arguments', async () => {
    const { code, stdout } = await run(['encode', ...jsonLines]);
    expect(stdout).toBe(text(hexLines));
    expect(code).toBe(0);
  });

  it('keeps a line separator inside a string', async () => {
    const json = '{"name":"USBIF_BE_RELEASE_PORT","id":1,"path":"a\u2028b"}';
    const { code, stdout } = await run(['encode'], { input: `${json}\n` });
    expect(code).toBe(0);
    expect((await run(['decode'], { input: stdout })).stdout).toBe(`${json}\n`);
  });

  it.each([
    ['no JSON', '{"name":', /this is not JSON/, 'ERR_CTRL_IF_VALUE'],
    ['no object', '[]', /an object with a name/, 'ERR_CTRL_IF_VALUE'],
    ['an unknown name', '{"name":"NOBODY"}', /"NOBODY"/, 'ERR_CTRL_IF_UNKNOWN_MESSAGE'],
    ['a missing field', '{"name":"SHUTDOWN_SYSRQ"}', /key \(byte 4 of the slot\).*missing/, 'ERR_CTRL_IF_VALUE'],
    ['a field too many', '{"name":"SHUTDOWN_POWEROFF","key":"a"}', /key must be left out/, 'ERR_CTRL_IF_VALUE'],
    [
      'a value that does not fit',
      '{"name":"BLKIF_BE_CREATE","domid":65536,"blkifHandle":0}',
      /65536/,
      'ERR_CTRL_IF_VALUE',
    ],
    ['an id that is no byte', '{"name":"SHUTDOWN_POWEROFF","id":256}', /id \(byte 2/, 'ERR_CTRL_IF_VALUE'],
    ['console data that is no hexadecimal', '{"name":"CONSOLE_DATA","data":"abc"}', /hexadecimal/, 'ERR_CTRL_IF_VALUE'],
  ])('reports %s with the number of its argument, and goes on', async (_, bad, sentence, code) => {
    const outcome = await run(['encode', JSON_LINE, bad, JSON_LINE]);
    expect(outcome.stdout).toBe(text([HEX_LINE, HEX_LINE]));
    expect(outcome.stderr).toMatch(/^ctrl-if: argument 2: /);
    expect(outcome.stderr).toMatch(sentence);
    expectError(outcome.stderr, code);
    expect(outcome.code).toBe(1);
  });
});

describe('both', () => {
  it('print the result of a line before the next one arrives', async () => {
    const cli = new Cli(['encode']);
    cli.type(`${JSON_LINE}\n`);
    await cli.sees('stdout', new RegExp(`^${HEX_LINE}\n$`));
    cli.type('nonsense\n');
    await cli.sees('stderr', /line 2/);
    cli.process.stdin.end();
    expect((await cli.exited).code).toBe(1);
  });

  it('carry 100,000 lines', async () => {
    const { code, stdout } = await run(['decode'], { input: `${HEX_LINE}\n`.repeat(100_000) });
    expect(code).toBe(0);
    expect(stdout.length).toBe((JSON_LINE.length + 1) * 100_000);
  });

  it('end silently when the output is closed', async () => {
    const cli = new Cli(['decode']);
    cli.process.stdin.write(`${HEX_LINE}\n`.repeat(50_000));
    await once(cli.process.stdout, 'data');
    cli.process.stdout.destroy();
    cli.process.stdin.end(`${HEX_LINE}\n`.repeat(50_000));
    expect(await cli.exited).toMatchObject({ code: 0, stderr: '' });
  });
});
