import type { Engine } from './engine.ts';
import { fileEngine } from './file-engine.ts';
import { nativeEngine } from './native-engine.ts';

/** All engines of named pages, the one to prefer first. */
export const ENGINES: readonly Engine[] = [nativeEngine, fileEngine];
