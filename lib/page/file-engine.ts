import { ENGINE_NUMBERS } from '../wire/page.ts';
import type { Engine } from './engine.ts';
import { warnOfFileEngine } from './file-engine-warning.ts';
import { FilePage } from './file-page.ts';

/** Pages accessed by file reads and writes. This engine needs nothing but Node, so it can always serve. */
export const fileEngine: Engine = {
  name: 'file',
  number: ENGINE_NUMBERS.file,
  atomic: false,
  whyAvailable: 'it needs nothing but Node',
  absence: () => undefined,
  warnAsFallback: warnOfFileEngine,
  create: (name, bytes) => FilePage.create(name, bytes),
  open: (name, minBytes, startOnly) => FilePage.open(name, minBytes, startOnly),
};
