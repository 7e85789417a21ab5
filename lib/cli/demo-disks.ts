import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DISK_BYTES = 1 << 20;

/** Calls `use` with the paths of sparse files of 1 MiB, one for each name, and always removes them afterwards. */
export async function withDisks<T>(names: readonly string[], use: (paths: string[]) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'ctrl-if-demo-'));
  try {
    const paths = names.map((name) => join(directory, name));
    for (const path of paths) {
      await writeFile(path, '');
      await truncate(path, DISK_BYTES);
    }
    return await use(paths);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
