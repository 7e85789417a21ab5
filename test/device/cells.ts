import { expect, it } from 'vitest';
import { type AnyTable, watchCells } from '../../lib/device/table.ts';

const reached = new Set<string>();
watchCells((table, state, event) => reached.add(`${table}: ${state} x ${event}`));

/** Every cell of a table, as `name: STATE x EVENT`. */
export const cellsOf = ({ name, cells, events }: AnyTable): string[] =>
  Object.keys(cells).flatMap((state) => events.map((event) => `${name}: ${state} x ${event}`));

/** Call it last in a file. Its tests pass when the tests before them have reached every cell of the tables. */
export function itReachesEveryCellOf(...tables: readonly AnyTable[]): void {
  for (const table of tables) {
    it(`reaches every cell of the ${table.name} table`, () => {
      expect(cellsOf(table).filter((cell) => !reached.has(cell))).toEqual([]);
    });
  }
}
