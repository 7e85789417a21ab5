import { CtrlIfError } from '../errors.ts';
import { loadAddon } from './addon.ts';
import { warnOfFileEngine } from './file-engine-warning.ts';
import { addonAdvice } from './package-place.ts';

export type EngineChoice = 'native' | 'file' | 'auto';

export interface ChosenEngine {
  engine: 'native' | 'file';
  /** A sentence for people: why this one. */
  why: string;
}

/**
 * The engine for named pages: what the caller asks for, else `CTRL_IF_ENGINE` (`native`, `file` or `auto`), else the
 * native one where its addon loads and the file engine, with a warning, where it does not.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` for an engine that is unknown, or native and not to be had
 */
export function chooseEngine(asked: EngineChoice = 'auto'): ChosenEngine {
  const fromEnvironment = process.env.CTRL_IF_ENGINE || 'auto';
  const wanted = asked === 'auto' ? fromEnvironment : asked;
  const source = asked === 'auto' ? 'CTRL_IF_ENGINE' : 'the engine option';
  if (wanted === 'file') return { engine: 'file', why: `${source} asks for it` };
  const load = loadAddon();
  switch (wanted) {
    case 'native':
      if (load.addon) return { engine: 'native', why: `${source} asks for it` };
      throw new CtrlIfError(
        'ERR_CTRL_IF_ENGINE',
        `${source} asks for the native engine, but its addon could not be loaded; ${addonAdvice()}, or leave the choice to ctrl-if`,
        { cause: load.reason },
      );
    case 'auto':
      if (load.addon) return { engine: 'native', why: 'the addon is built and loads' };
      return withoutAddon(load.reason);
    default:
      throw new CtrlIfError(
        'ERR_CTRL_IF_ENGINE',
        `${source} is ${JSON.stringify(wanted)}; it must be native, file or auto`,
        {
          expected: 'native, file or auto',
          received: wanted,
        },
      );
  }
}

function withoutAddon({ message }: Error): ChosenEngine {
  const why = `the addon does not load here: ${message.split('\n')[0]}`;
  warnOfFileEngine(why);
  return { engine: 'file', why };
}
