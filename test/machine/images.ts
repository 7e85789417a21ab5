/** Files for disks, in a directory of the test file's own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'ctrl-if-images-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The path of a file of that name, which exists. */
export function image(name: string): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  return path;
}
