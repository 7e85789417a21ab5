/** Chooses how to compile a struct, and compiles it once. */
import type { Struct } from '../struct.ts';
import { generate } from './generate.ts';
import { interpret } from './interpret.ts';
import type { Transcoder } from './transcoder.ts';

/** Makes the transcoder of a struct, for a codec. */
export type Compile = (struct: Struct) => Transcoder;

/** False under `--disallow-code-generation-from-strings` or such a Content-Security-Policy. */
function mayGenerate(): boolean {
  try {
    return new Function('return true')() === true;
  } catch {
    return false;
  }
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const transcoders = new WeakMap<Struct, Transcoder>();
let generates: boolean | undefined;

export const compile: Compile = (struct) => {
  let transcoder = transcoders.get(struct);
  if (!transcoder) {
    generates ??= isLittleEndian && mayGenerate();
    transcoder = (generates ? generate(struct) : undefined) ?? interpret(struct);
    transcoders.set(struct, transcoder);
  }
  return transcoder;
};
