/** Files for disks, in one directory for each test file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'ctrl-if-images-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Creates a file and returns its path. */
export function image(name: string): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  return path;
}
