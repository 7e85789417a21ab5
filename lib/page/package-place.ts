import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where this code runs from: a clone, in which the addon can be built; an installed package, in which nothing is to be
 * built; or a bundle, which has left the package and its addon behind.
 */
export type PackagePlace = 'checkout' | 'package' | 'bundle';

/** The folder of the package, two above this file. Throws where a bundler has left no trace of it, as for CommonJS. */
export function packageRoot(): string {
  if (!import.meta.url) throw new Error('ctrl-if is in a CommonJS bundle, which does not tell where it is');
  return fileURLToPath(new URL('../..', import.meta.url));
}

export function packagePlace(): PackagePlace {
  try {
    const root = packageRoot();
    const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name?: string };
    if (name !== 'ctrl-if') return 'bundle';
    return existsSync(join(root, 'lib')) && existsSync(join(root, 'binding.gyp')) ? 'checkout' : 'package';
  } catch {
    return 'bundle';
  }
}

/** What to do to have the addon here: the end of a sentence. */
export function addonAdvice(place: PackagePlace = packagePlace()): string {
  switch (place) {
    case 'checkout':
      return 'run npm run build here (it needs g++, make and python3)';
    case 'package':
      return `install a release that brings the addon for ${process.platform}-${process.arch}, or install ctrl-if from git where g++, make and python3 are`;
    case 'bundle':
      return 'keep ctrl-if out of the bundle (esbuild: --external:ctrl-if) and install it beside the bundle';
  }
}
