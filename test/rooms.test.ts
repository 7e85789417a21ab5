/** The rooms of lib/ and what each may import: CONTRIBUTING.md has their order, and this holds the code to it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIB = join(ROOT, 'lib');

/** The rooms from the highest to the lowest. Rooms of one row do not import each other. */
function roomOrder(): string[][] {
  const contributing = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const [, sentence] = /import downwards only: ([^.]+)\./.exec(contributing)!;
  return sentence!.split('→').map((row) => [...row.matchAll(/`([\w-]+)`/g)].map(([, room]) => room!));
}

const order = roomOrder();
const heightOf = (room: string) => order.length - 1 - order.findIndex((row) => row.includes(room));

interface Import {
  from: string;
  to: string;
}

/** What a file imports of lib, types included. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(LIB, file), 'utf8');
  const found = text.matchAll(/(?:^\s*import|^(?:import|export)\b[^'"`;]*?\bfrom|\bimport\() ?'(\.[^']+)'/gm);
  return [...found].map(([, path]) => ({ from: file, to: relative(LIB, join(LIB, dirname(file), path!)) }));
}

const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);
const roomOf = (file: string) => (file.includes('/') ? file.split('/')[0]! : '');
const shown = ({ from, to }: Import) => `${from} imports ${to}`;

describe('the rooms of lib/', () => {
  it('are the folders that CONTRIBUTING.md orders', () => {
    const folders = readdirSync(LIB, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(order.flat().sort());
  });

  it('import downwards only', () => {
    expect(imports.length).toBeGreaterThan(files.length);
    const upwards = imports.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return room !== '' && other !== '' && room !== other && heightOf(other) >= heightOf(room);
    });
    expect(upwards.map(shown)).toEqual([]);
  });

  it('use the helpers beside them, which use no room', () => {
    const wrong = imports.filter(({ from, to }) =>
      roomOf(from) === '' ? from !== 'index.ts' && roomOf(to) !== '' : to === 'index.ts',
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  it('leave the addon to page and ring, except that doctor says whether it loads', () => {
    const users = imports.filter(({ to }) => /^page\/(require-)?addon\.ts$/.test(to)).map(({ from }) => from);
    const others = users.filter((file) => !['page', 'ring'].includes(roomOf(file)));
    // Types only, of the handles that these two are given.
    expect(others.sort()).toEqual([
      'cli/doctor-checks.ts',
      'event-channel/own-events.ts',
      'event-channel/peer-events.ts',
    ]);
  });
});
