import type { Engine } from './engine.ts';
import { fileEngine } from './file-engine.ts';
import { nativeEngine } from './native-engine.ts';

/** All engines of named pages, in order of preference. */
export const ENGINES: readonly Engine[] = [nativeEngine, fileEngine];
