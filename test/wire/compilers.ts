/** Both ways to compile a struct, for tests that compare them. */
import type { Compile } from '../../lib/wire/compile/compile.ts';
import { generate } from '../../lib/wire/compile/generate.ts';
import { interpret } from '../../lib/wire/compile/interpret.ts';

/** Generates or fails, so that an interpreted struct does not count as a generated one. */
export const generateOnly: Compile = (struct) => {
  const transcoder = generate(struct);
  if (!transcoder) throw new Error(`${struct.cName} was not generated`);
  return transcoder;
};

export const compilers: readonly { how: string; compile: Compile }[] = [
  { how: 'generated', compile: generateOnly },
  { how: 'interpreted', compile: interpret },
];
