import { CtrlIfError } from '../errors.ts';
import { loadAddon, type NativeAddon } from './addon.ts';
import { addonAdvice } from './package-place.ts';

/** @throws CtrlIfError `ERR_CTRL_IF_ENGINE` when the addon does not load */
export function requireAddon(): NativeAddon {
  const load = loadAddon();
  if (load.addon) return load.addon;
  throw new CtrlIfError(
    'ERR_CTRL_IF_ENGINE',
    'the native engine is not available here: its addon could not be loaded',
    { advice: `${addonAdvice()}, or use the file engine (CTRL_IF_ENGINE=file)`, cause: load.reason },
  );
}
