import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as codes from '../../lib/page/native-codes.ts';
import * as constants from '../../lib/wire/constants.ts';
import * as wireLayout from '../../lib/wire/layout.ts';
import * as memory from '../../lib/wire/memory.ts';
import { SEED_MESSAGES } from '../../lib/wire/messages.ts';
import * as page from '../../lib/wire/page.ts';
import * as blkif from '../../lib/wire/structs/blkif.ts';
import * as netif from '../../lib/wire/structs/netif.ts';
import * as system from '../../lib/wire/structs/system.ts';
import * as usbif from '../../lib/wire/structs/usbif.ts';
import { renderCodes, renderWire } from '../../scripts/headers/render.mjs';
import { unless } from '../support/skips.ts';
import { layout } from '../wire/conformance.ts';

const include = fileURLToPath(new URL('../../native/include', import.meta.url));
const header = (name: string) => readFileSync(join(include, 'ctrl_if', name), 'utf8');
const compiler = process.env.CXX ?? 'c++';
const noCompiler = spawnSync(compiler, ['--version']).error !== undefined;

/** The compiler's errors for a program; empty when it compiles. */
function compile(language: readonly string[], program: string): string {
  const flags = [...language, '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-I', include, '-'];
  return spawnSync(compiler, flags, { input: program, encoding: 'utf8' }).stderr;
}

const LANGUAGES = [
  ['C11', ['-x', 'c', '-std=c11']],
  ['C++17', ['-x', 'c++', '-std=c++17']],
] as const;

/** Every number of layout.json as an assertion. control_if_t's one field there is a union's padding, which ours has not. */
function conformance(): string {
  const lines = ['#include "ctrl_if/codes.h"', '#ifdef __cplusplus', 'using namespace ctrl_if;', '#endif'];
  const claim = (claimed: string) => lines.push(`static_assert(${claimed}, "${claimed}");`);
  for (const [name, value] of Object.entries(layout.constants)) claim(`${name} == ${value}`);
  for (const [name, { size, fields }] of Object.entries(layout.lp64)) {
    if (size > 0) claim(`sizeof(${name}) == ${size}`);
    for (const field of name === 'control_if_t' ? [] : fields) {
      claim(`offsetof(${name}, ${field.name}) == ${field.offset}`);
      claim(`sizeof(((${name} *)0)->${field.name}) == ${field.size}`);
    }
  }
  return lines.join('\n');
}

// When one of these two fails: npm run setup && node scripts/render-headers.mjs
describe('the generated headers are what the TypeScript tables give', () => {
  it('wire.h', () => {
    const structs = [blkif, netif, system, usbif];
    const wire = renderWire({ constants, layout: wireLayout, page, memory, messages: SEED_MESSAGES, structs });
    expect(header('wire.h')).toBe(wire);
  });

  it('codes.h', () => {
    expect(header('codes.h')).toBe(renderCodes({ codes, layout: wireLayout, page, memory }));
  });

  it('a number that C cannot hold in a constant is refused by name', () => {
    expect(() =>
      renderWire({ constants: { TOO_BIG: 2 ** 31 }, layout: wireLayout, page, memory, messages: [], structs: [] }),
    ).toThrow('TOO_BIG is 2147483648');
  });
});

describe.skipIf(noCompiler)(
  `a compiler finds in the headers what layout.json says${unless(!noCompiler, 'a C++ compiler')}`,
  () => {
    it.each(LANGUAGES)('as %s', (_, flags) => {
      expect(compile(flags, conformance())).toBe('');
    });

    it('and the assertions fail for a wrong number', () => {
      const wrong = conformance().replaceAll('sizeof(control_msg_t) == 64', 'sizeof(control_msg_t) == 68');
      expect(compile(LANGUAGES[0][1], wrong)).toContain('sizeof(control_msg_t) == 68');
    });
  },
);
