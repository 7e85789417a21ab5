import { CtrlIfError } from '../errors.ts';
import type { Engine, EngineAbsence } from './engine.ts';
import { ENGINES } from './engines.ts';
import type { NamedEngine } from './page.ts';

/** An engine by its name, or `auto` to leave the choice to `CTRL_IF_ENGINE` and to the addon. */
export type EngineChoice = NamedEngine | 'auto';

/** The result of {@link chooseEngine}. */
export interface ChosenEngine {
  /** The engine for named pages. */
  engine: NamedEngine;
  /** The reason for the choice: a sentence for people, on one line, without its full stop. */
  why: string;
}

/**
 * Chooses the engine for named pages: `choice`, or for `auto` the environment variable `CTRL_IF_ENGINE` (`native`, `file` or
 * `auto`). When both are `auto`, it is the native engine if the addon loads; else the file engine, with a warning.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` when the engine is unknown, or is requested and cannot serve here
 */
export function chooseEngine(choice: EngineChoice = 'auto'): ChosenEngine {
  const fromEnvironment = process.env.CTRL_IF_ENGINE || 'auto';
  const wanted = choice === 'auto' ? fromEnvironment : choice;
  const source = choice === 'auto' ? 'CTRL_IF_ENGINE' : 'the engine option';
  if (wanted === 'auto') return firstAvailable();
  const engine = findEngine(wanted, source);
  const absence = engine.absence();
  if (!absence) return { engine: engine.name, why: `${source} asks for it` };
  const { why, advice, cause } = absence;
  throw new CtrlIfError('ERR_CTRL_IF_ENGINE', `${source} asks for the ${engine.name} engine, but ${why}`, {
    advice: `${advice}, or leave the choice to ctrl-if`,
    cause,
  });
}

/**
 * The engine of that name, whether or not it can serve here.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` when no engine has that name
 */
export function engineNamed(name: NamedEngine): Engine {
  return findEngine(name, 'the engine');
}

function findEngine(name: string, source: string): Engine {
  const found = ENGINES.find((engine) => engine.name === name);
  if (found) return found;
  const expected = `${ENGINES.map((engine) => engine.name).join(', ')} or auto`;
  throw new CtrlIfError('ERR_CTRL_IF_ENGINE', `${source} is ${JSON.stringify(name)}, which is no engine`, {
    advice: `name ${expected}`,
    expected,
    received: name,
  });
}

function firstAvailable(): ChosenEngine {
  let better: EngineAbsence | undefined;
  for (const engine of ENGINES) {
    const absence = engine.absence();
    if (absence) {
      better ??= absence;
      continue;
    }
    if (!better) return { engine: engine.name, why: engine.whyAvailable };
    engine.warnAsFallback?.(better.why);
    return { engine: engine.name, why: better.why };
  }
  const { why, advice, cause } = better!;
  throw new CtrlIfError('ERR_CTRL_IF_ENGINE', `no engine can serve here: ${why}`, { advice, cause });
}
