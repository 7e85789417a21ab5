import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('native/sources.txt', () => {
  it('lists every file of the addon, so that both builds compile it and set-up sees it change', () => {
    const files = readdirSync(join(root, 'native')).filter((file) => /\.(cc|hpp)$/.test(file));
    const listed = readFileSync(join(root, 'native/sources.txt'), 'utf8').trim().split('\n');
    expect(listed).toEqual(files.map((file) => `native/${file}`).sort());
  });

  it.each(['binding.gyp', 'CMakeLists.txt', 'scripts/setup.mjs'])('is the only list: %s names no source', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).toContain('sources.txt');
    expect(text).not.toMatch(/native\/\w+\.(cc|hpp)/);
  });
});
