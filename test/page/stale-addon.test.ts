import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../lib/page/addon.ts';
import * as codes from '../../lib/page/native-codes.ts';
import { testsNative } from '../support/engines.ts';

const root = new URL('../..', import.meta.url);
let home = '';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-stale-'));
});

afterAll(() => rmSync(home, { recursive: true }));

/** What a new process reports about the addon under `home`, where node-gyp-build searches for it. */
function chosen(script: string): string {
  const program = `import { chooseEngine } from ${JSON.stringify(new URL('dist/page/choose-engine.js', root))};\n${script}`;
  const env = { ...process.env, CTRL_IF_PREBUILD: home, CTRL_IF_ENGINE: '' };
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' });
}

/** The addon unchanged, or with one of its names changed, which it then lacks. */
function install(change: (binary: Buffer) => void): void {
  const binary = readFileSync(new URL('build/Release/ctrl_if.node', root));
  change(binary);
  mkdirSync(join(home, 'build/Release'), { recursive: true });
  writeFileSync(join(home, 'build/Release/ctrl_if.node'), binary);
}

describe.runIf(testsNative)('the codes that the addon and TypeScript share', () => {
  it('are the same in the addon that is built', () => {
    expect(loadAddon().addon!.codes).toEqual({ ...codes });
  });

  it('are compared when the addon is loaded, from wherever it comes', () => {
    install(() => {});
    expect(chosen('console.log(chooseEngine().engine)')).toBe('native\n');
  });

  it('refuse an addon of another release, so that the file engine serves and says why', () => {
    install((binary) => {
      const name = binary.indexOf('\0NOT_OUTSTANDING\0');
      expect(name).toBeGreaterThan(0);
      binary.write('NOT_OUTSTANDINK', name + 1);
    });
    const { engine, why } = JSON.parse(chosen('console.log(JSON.stringify(chooseEngine()))'));
    expect(engine).toBe('file');
    expect(why).toContain('NOT_OUTSTANDING is -3 here, and the addon has none');
  });

  it('refuse it with the reason as cause when the native engine is requested', () => {
    const said = chosen(
      "try { chooseEngine('native') } catch (error) { console.log(error.code, error.cause.message) }",
    );
    expect(said).toContain('ERR_CTRL_IF_ENGINE the addon is not of this release');
  });
});
