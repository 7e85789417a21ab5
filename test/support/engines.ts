/**
 * The engines that this run must test. A missing addon is a failure of every native test, never a skip, unless the
 * run says that it is about the file engine alone (`CTRL_IF_ENGINE=file`).
 */
import type { EngineName } from '../../lib/page/page.ts';

export type NamedEngine = Exclude<EngineName, 'sab'>;

const fileOnly = process.env.CTRL_IF_ENGINE === 'file';

export const testsNative = !fileOnly;
export const namedEngines: readonly NamedEngine[] = fileOnly ? ['file'] : ['native', 'file'];
/** The engines of front and back, over one shared-memory object or one SharedArrayBuffer. */
export const enginePairs: readonly (readonly [EngineName, EngineName])[] = fileOnly
  ? [
      ['file', 'file'],
      ['sab', 'sab'],
    ]
  : [
      ['native', 'native'],
      ['file', 'file'],
      ['sab', 'sab'],
      ['native', 'file'],
      ['file', 'native'],
    ];

/** The engine's number in the page, `docs/page-layout.md`. */
export const engineNumber = { native: 1, file: 2, sab: 3 } as const;
