import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { devicesDocument } from '../../lib/device/document.ts';
import { cellOf } from '../../lib/device/table.ts';
import { TABLES } from '../../lib/device/tables.ts';
import { cellsOf } from './cells.ts';

const here = new URL('.', import.meta.url);

describe('the device tables', () => {
  it('are those of docs/devices.md', () => {
    const written = readFileSync(new URL('../../docs/devices.md', here), 'utf8');
    // When this fails: npm run setup && node scripts/render-devices.mjs
    expect(written).toBe(devicesDocument());
  });

  it('have a cell for each state and event, whose next state is in the table', () => {
    for (const table of TABLES) {
      const { name, events, cells } = table;
      const states = Object.keys(cells);
      for (const state of states) {
        const unknown = Object.keys(cells[state]!).filter((event) => ![...events, 'default'].includes(event));
        expect([name, state, unknown]).toEqual([name, state, []]);
        for (const event of events) expect(states).toContain(cellOf(table, state, event).next ?? state);
      }
    }
    expect(new Set(TABLES.flatMap(cellsOf)).size).toBe(TABLES.flatMap(cellsOf).length);
  });

  it('each have a test that reaches all their cells', () => {
    const tests = readdirSync(here)
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(file, here), 'utf8'))
      .join('');
    const covered = [...tests.matchAll(/^itReachesEveryCellOf\((.*)\);$/gm)].flatMap(([, names]) => names!.split(', '));
    const constants = TABLES.map(({ name }) => name.toUpperCase().replaceAll(' ', '_'));
    expect(covered.sort()).toEqual(constants.sort());
  });

  it('can reach every state from the first', () => {
    for (const table of TABLES) {
      const { name, initial, events, cells } = table;
      const reached = new Set([initial]);
      for (const state of reached) for (const event of events) reached.add(cellOf(table, state, event).next ?? state);
      expect([name, [...reached].sort()]).toEqual([name, Object.keys(cells).sort()]);
    }
  });
});
