import { CtrlIfError } from '../errors.ts';
import type { Engine, EngineAbsence } from './engine.ts';
import { ENGINES } from './engines.ts';
import type { NamedEngine } from './page.ts';

export type EngineChoice = NamedEngine | 'auto';

export interface ChosenEngine {
  engine: NamedEngine;
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

/** The engine of that name, whether or not it can serve here. */
export function engineNamed(name: NamedEngine): Engine {
  return findEngine(name, 'the engine');
}

function findEngine(name: string, source: string): Engine {
  const found = ENGINES.find((engine) => engine.name === name);
  if (found) return found;
  const expected = `${ENGINES.map((engine) => engine.name).join(', ')} or auto`;
  throw new CtrlIfError('ERR_CTRL_IF_ENGINE', `${source} is ${JSON.stringify(name)}; it must be ${expected}`, {
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
