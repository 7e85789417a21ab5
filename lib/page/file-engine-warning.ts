import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { addonAdvice } from './package-place.ts';

/** A key in the environment data of this thread, which Node copies to the workers that the thread starts. */
const WARNED = 'ctrl-if: warned that the file engine is used';

/**
 * Warns that the file engine is used without a request for it. Each thread warns once. A worker does not warn when its parent
 * thread warned before starting it.
 *
 * @param why why the native engine cannot serve: the end of a sentence
 */
export function warnOfFileEngine(why: string): void {
  if (getEnvironmentData(WARNED) === true) return;
  keepFromWarning();
  process.emitWarning(`ctrl-if uses its file engine, because ${why}`, {
    type: 'CtrlIfWarning',
    code: 'CTRL_IF_FILE_ENGINE',
    detail: [
      'It is 10 to 35 times slower than the native engine, and has no event channels, no guest memory and no machine.',
      `For the native engine, ${addonAdvice()}.`,
      `To use the file engine without this warning, set CTRL_IF_ENGINE=file${disableWarning()} or pass engine: 'file'.`,
    ].join('\n'),
  });
}

/** Disables the warning in this thread, for a command that prints the engine and the reason itself. */
export function keepFromWarning(): void {
  setEnvironmentData(WARNED, true);
}

/** The option exists from Node 20.11 on. */
function disableWarning(): string {
  const isKnown = process.allowedNodeEnvironmentFlags?.has('--disable-warning');
  return isKnown ? ' or NODE_OPTIONS=--disable-warning=CTRL_IF_FILE_ENGINE,' : '';
}
