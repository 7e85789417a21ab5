import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { addonAdvice } from './package-place.ts';

/** Of this thread, and copied by Node to the workers that it starts. */
const TOLD = 'ctrl-if: told that the file engine is used';

/**
 * Warns that the file engine is used though nobody has asked for it: once a thread, and not in workers of a thread that
 * has warned before it started them.
 *
 * @param why a sentence's end: why the native engine is not to be had
 */
export function warnOfFileEngine(why: string): void {
  if (getEnvironmentData(TOLD) === true) return;
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

/** For a command that prints the engine and the reason itself: this thread will not warn. */
export function keepFromWarning(): void {
  setEnvironmentData(TOLD, true);
}

/** Node has it from 20.11 on. */
function disableWarning(): string {
  const isKnown = process.allowedNodeEnvironmentFlags?.has('--disable-warning');
  return isKnown ? ' or NODE_OPTIONS=--disable-warning=CTRL_IF_FILE_ENGINE,' : '';
}
