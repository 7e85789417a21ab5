import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, whether this runs from `build/bench` or, in a test, from `bench`. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findRoot(dirname(directory));
}

/** A program of `bench/peers`, compiled. */
export function peerProgram(name: string): string {
  return join(ROOT, 'build', 'bench', 'peers', `${name}.js`);
}
