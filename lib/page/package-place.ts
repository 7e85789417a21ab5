import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where this code runs from: a clone, in which the addon can be built; an installed package, in which nothing can be built; or
 * a bundle, which does not contain the addon.
 */
export type PackagePlace = 'checkout' | 'package' | 'bundle';

/** The folder of the package, two above this file. Throws in a CommonJS bundle, which has no path to it. */
export function packageRoot(): string {
  if (!import.meta.url) throw new Error('ctrl-if is in a CommonJS bundle, which has no path to the package');
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

/** How to get the addon here: an imperative clause. */
export function addonAdvice(place: PackagePlace = packagePlace()): string {
  switch (place) {
    case 'checkout':
      return 'run npm run build here (it needs g++, make and python3)';
    case 'package':
      return `install a release that brings the addon for ${process.platform}-${process.arch}, or install ctrl-if from git on a system with g++, make and python3`;
    case 'bundle':
      return 'keep ctrl-if out of the bundle (esbuild: --external:ctrl-if) and install it beside the bundle';
  }
}
