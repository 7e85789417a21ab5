import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AddonLoad, loadAddon } from '../../lib/page/addon.ts';
import { chooseEngine } from '../../lib/page/choose-engine.ts';
import { createPage, openPage } from '../../lib/page/control-page.ts';
import { namedEngines, testsNative } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { existsInShm, usePages } from '../support/pages.ts';

vi.mock('../../lib/page/addon.ts', { spy: true });

const pages = usePages();
const broken: AddonLoad = { addon: undefined, reason: new Error('No native build was found\nand more lines') };

function withoutAddon(): void {
  vi.mocked(loadAddon).mockReturnValue(broken);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.mocked(loadAddon).mockReset();
});

describe('chooseEngine', () => {
  it.runIf(testsNative)('chooses native when the addon loads', () => {
    for (const asked of ['auto', 'native', undefined] as const) {
      for (const environment of ['', 'auto', 'native']) {
        vi.stubEnv('CTRL_IF_ENGINE', environment);
        expect(chooseEngine(asked).engine).toBe('native');
      }
    }
  });

  it('chooses the file engine when it does not load, warns, and gives the reason in one line', () => {
    withoutAddon();
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    vi.stubEnv('CTRL_IF_ENGINE', '');
    const { engine, why } = chooseEngine();
    expect(engine).toBe('file');
    expect(why).toContain('No native build was found');
    expect(why).not.toContain('\n');
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]).toEqual([
      `ctrl-if uses its file engine, because ${why}`,
      expect.objectContaining({ type: 'CtrlIfWarning', code: 'CTRL_IF_FILE_ENGINE' }),
    ]);
  });

  it('follows the option first, then CTRL_IF_ENGINE', () => {
    vi.stubEnv('CTRL_IF_ENGINE', 'file');
    expect(chooseEngine()).toEqual({ engine: 'file', why: 'CTRL_IF_ENGINE asks for it' });
    vi.stubEnv('CTRL_IF_ENGINE', 'nonsense');
    expect(chooseEngine('file')).toEqual({ engine: 'file', why: 'the engine option asks for it' });
    if (testsNative) expect(chooseEngine('native').engine).toBe('native');
  });

  it('fails when native is requested and does not load', () => {
    withoutAddon();
    vi.stubEnv('CTRL_IF_ENGINE', 'file');
    const byOption = expectError('ERR_CTRL_IF_ENGINE', 'the engine option', () => chooseEngine('native'));
    expect(byOption.message).toContain('npm run build');
    expect(byOption.cause).toBe(broken.reason);
    vi.stubEnv('CTRL_IF_ENGINE', 'native');
    expectError('ERR_CTRL_IF_ENGINE', 'CTRL_IF_ENGINE', () => chooseEngine());
  });

  it('refuses an unknown engine', () => {
    vi.stubEnv('CTRL_IF_ENGINE', 'fast');
    const error = expectError('ERR_CTRL_IF_ENGINE', '"fast"', () => chooseEngine());
    expect(error).toMatchObject({ received: 'fast', expected: 'native, file or auto' });
    expectError('ERR_CTRL_IF_ENGINE', 'the engine option is "sab"', () => chooseEngine('sab' as 'auto'));
  });
});

describe('a native page without its addon', () => {
  it('is ERR_CTRL_IF_ENGINE, and nothing is created', () => {
    withoutAddon();
    const name = pages.name();
    for (const act of [() => createPage(name, 4096, 'native'), () => openPage(name, 4096, 'native')]) {
      const error = expectError('ERR_CTRL_IF_ENGINE', 'CTRL_IF_ENGINE=file', act);
      expect(error.cause).toBe(broken.reason);
    }
    expect(existsInShm(name)).toBe(false);
  });
});

describe('loadAddon', () => {
  it('loads once and keeps the result', () => {
    const first = loadAddon();
    expect(loadAddon()).toBe(first);
    expect(first.addon !== undefined || !namedEngines.includes('native')).toBe(true);
  });
});
