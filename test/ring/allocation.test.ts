/** A message makes no garbage, so a sender of a million a second never stops for the collector. */
import { describe, expect, it } from 'vitest';
import { testsNative } from '../support/engines.ts';
import { usePages } from '../support/pages.ts';
import { usePeers } from '../support/peer.ts';

const pages = usePages();
const peer = usePeers();

describe.runIf(testsNative)('the native engine', () => {
  it('carries 1,000,000 entries through stage, flush and pop without one garbage collection', async () => {
    const options = { name: pages.name(), engine: 'native', entries: 1_000_000 };
    const child = peer('garbage', options, { execArgv: ['--expose-gc'] });
    const said = await child.next<{ answered: number; during: number; heapGrowth: number; onPurpose: number }>(60_000);
    expect(said.answered).toBe(options.entries);
    // The counter works: as many small objects do cause collections.
    expect(said.onPurpose).toBeGreaterThan(0);
    expect(said.during).toBe(0);
    // No collection is only deferred: one 16-byte object in ten entries would be 1.6 MB.
    expect(said.heapGrowth).toBeLessThan(1_000_000);
    expect(await child.end()).toMatchObject({ code: 0 });
  }, 90_000);
});
