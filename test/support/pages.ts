/** Pages for tests: unique names, and nothing left mapped or in shared memory when a test ends. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createPage, openPage } from '../../lib/page/control-page.ts';
import { shmDirectory } from '../../lib/page/name.ts';
import type { EngineName, Page } from '../../lib/page/page.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import type { NamedEngine } from './engines.ts';

export interface Pages {
  /** A name that is free, and is unlinked when the test ends, whether or not a page of it exists. */
  name(): string;
  /** Has `name` unlinked when the test ends. */
  adopt(name: string): string;
  /** Has the page unmapped when the test ends. */
  keep<P extends Page>(page: P): P;
  create(bytes: number, engine: NamedEngine): Page & { name: string };
  /** Two mappings of the same memory, and a third to read and corrupt it unseen. */
  shared(bytes: number, front: EngineName, back: EngineName): SharedPages;
}

export interface SharedPages {
  front: Page;
  back: Page;
  raw: Page;
}

/** Call it once at the top of a test file. */
export function usePages(): Pages {
  const names: string[] = [];
  const mapped: Page[] = [];
  const pages: Pages = {
    // Not the pattern of newPageName: no sweep of another test may remove it.
    name: () => pages.adopt(`/ctrl-if-test.${process.pid}.${randomBytes(6).toString('hex')}`),
    adopt(name) {
      names.push(name);
      return name;
    },
    keep(page) {
      mapped.push(page);
      return page;
    },
    create(bytes, engine) {
      const name = pages.name();
      return Object.assign(pages.keep(createPage(name, bytes, engine)), { name });
    },
    shared(bytes, front, back) {
      if (front === 'sab' || back === 'sab') {
        const { buffer } = SabPage.create(bytes);
        return { front: new SabPage(buffer), back: new SabPage(buffer), raw: new SabPage(buffer) };
      }
      const name = pages.name();
      return {
        front: pages.keep(createPage(name, bytes, front)),
        back: pages.keep(openPage(name, bytes, back)),
        raw: pages.keep(openPage(name, bytes, 'file')),
      };
    },
  };
  afterEach(() => {
    for (const page of mapped.splice(0)) page.unmap();
    for (const name of names.splice(0)) rmSync(shmFile(name), { recursive: true, force: true });
  });
  return pages;
}

/** The file of page `name`, which a test can read and damage. */
export function shmFile(name: string): string {
  return join(shmDirectory(), name.slice(1));
}

export function existsInShm(name: string): boolean {
  return existsSync(shmFile(name));
}

/** How this process holds page `name`: as a mapping (native) or by a descriptor (file). Empty: not at all. */
export function holdsOf(name: string): string[] {
  const file = shmFile(name);
  const maps = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(file));
  const descriptors = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(file) ? [`fd ${fd} ${target}`] : [];
    } catch {
      return []; // The descriptor that readdir itself had open.
    }
  });
  return [...maps, ...descriptors];
}

/** `count` bytes of the page from `offset`, as they are now. */
export function bytesOf(page: Page, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  page.read(offset, bytes);
  return bytes;
}
