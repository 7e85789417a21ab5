import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unless } from '../support/skips.ts';

interface Layout {
  constants: Record<string, number>;
  structs: Record<string, { size: number; fields: { name: string; offset: number; size: number }[] }>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = process.env.CXX ?? 'c++';
const conformance = JSON.parse(readFileSync(join(root, 'test/conformance/layout.json'), 'utf8'));
let home: string | undefined;
let native: Layout;

beforeAll(() => {
  if (noCompiler) return;
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-layout-'));
  const program = join(home, 'layout_dump');
  execFileSync(compiler, [
    '-std=c++17',
    '-I',
    join(root, 'native/include'),
    '-o',
    program,
    join(root, 'native/test/layout_dump.cc'),
  ]);
  native = JSON.parse(execFileSync(program, { encoding: 'utf8' }));
}, 60_000);

afterAll(() => {
  if (home) rmSync(home, { recursive: true });
});

const noCompiler = spawnSync(compiler, ['--version']).error !== undefined;

// Without a compiler there is no layout in C++ to look at.
describe.skipIf(noCompiler)(`the layout in C++${unless(!noCompiler, 'a C++ compiler')}`, () => {
  it('has every constant of the header, and no other value for any', () => {
    expect(native.constants).toMatchObject(conformance.constants);
  });

  it.each(Object.keys(conformance.lp64))('%s is as a compiler gives it', (name) => {
    const expected = conformance.lp64[name];
    const found = native.structs[name]!;
    expect(found.size).toBe(expected.size);
    // control_if_t's one named field is the original's padding of a union, which ours has no need of.
    if (name === 'control_if_t') return;
    const named = expected.fields.map(({ name, offset, size }: Layout['structs'][string]['fields'][number]) => ({
      name,
      offset,
      size,
    }));
    expect(found.fields).toEqual(named);
  });
});
