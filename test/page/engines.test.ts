/** The properties of each engine and of its pages, so that no other room checks which engine it is. */
import { describe, expect, it } from 'vitest';
import { PeerDirectory } from '../../lib/event-channel/peer-directory.ts';
import { createEventPage } from '../../lib/page/control-page.ts';
import { ENGINES } from '../../lib/page/engines.ts';
import { fileEngine } from '../../lib/page/file-engine.ts';
import { NativeRingEngine } from '../../lib/page/native-ring.ts';
import { PageRing } from '../../lib/page/page-ring.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { openRingEngine } from '../../lib/ring/engine.ts';
import { CONTROL_TX } from '../../lib/wire/control-rings.ts';
import { engineNumber, namedEngines, testsNative } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { usePages } from '../support/pages.ts';

const pages = usePages();

describe.each(namedEngines)('the %s engine', (name) => {
  it('has the same properties as its pages', () => {
    const engine = ENGINES.find((one) => one.name === name)!;
    const page = pages.create(4096, name);
    expect(page).toMatchObject({ engine: name, engineNumber: engineNumber[name], atomic: engine.atomic });
    expect(engine.number).toBe(engineNumber[name]);
    expect(page.eventPage).toBe(engine.openEventPage ? page : undefined);
    expect(engine.absence()).toBeUndefined();
    expect(page.pollCost.pollsPerCall).toBeGreaterThanOrEqual(2);
    expect(page.pollCost.scale).toBeGreaterThanOrEqual(1);
  });

  it('opens its rings by the page', () => {
    const page = pages.create(4096, name);
    const { engine } = openRingEngine(page, 'front', CONTROL_TX);
    expect(engine).toBeInstanceOf(name === 'native' ? NativeRingEngine : PageRing);
  });
});

describe('engines', () => {
  it('have names and numbers of their own, and the last can always serve', () => {
    expect(new Set(ENGINES.map(({ name }) => name)).size).toBe(ENGINES.length);
    expect(new Set(ENGINES.map(({ number }) => number)).size).toBe(ENGINES.length);
    expect(ENGINES.at(-1)!.absence()).toBeUndefined();
  });

  it('without event channels have no page for them, and refuse to make one', () => {
    expect(createEventPage('file')).toBeUndefined();
    expect(new SabPage(new SharedArrayBuffer(64)).eventPage).toBeUndefined();
    const directory = new PeerDirectory(fileEngine);
    const error = expectError('ERR_CTRL_IF_ENGINE', 'the file engine cannot set a bit', () =>
      directory.open({ pid: process.pid, page: 1, doorbell: 2 }),
    );
    expect(error).toMatchObject({ expected: 'native', received: 'file' });
  });

  it.runIf(testsNative)('with event channels make a page without a name', () => {
    const page = createEventPage('native')!;
    expect(page.fd).toBeGreaterThan(2);
    expect(page.eventPage).toBe(page);
    page.unmap();
  });
});
