import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPageName, isPageName, newPageName, sweepStalePages } from '../../lib/page/name.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import { existsInShm, shmFile, usePages } from '../support/pages.ts';

const pages = usePages();
const isRoot = process.getuid?.() === 0;

describe('a page name', () => {
  it('identifies its process, and is never the same twice', () => {
    const { pid, startTime } = processIdentity();
    const names = new Set(Array.from({ length: 1_000 }, () => newPageName()));
    expect(names.size).toBe(1_000);
    for (const name of names) {
      expect(name).toMatch(new RegExp(`^/ctrl-if\\.${pid}\\.${startTime}\\.[0-9a-f]{16}$`));
      expect(isPageName(name)).toBe(true);
      expect(checkPageName(name)).toBe(name);
    }
    expect(newPageName({ pid: 7, startTime: 8n })).toMatch(/^\/ctrl-if\.7\.8\./);
  });

  it('is distinguished from other names', () => {
    for (const other of [
      'ctrl-if.1.2.0123456789abcdef',
      '/ctrl-if.1.2.0123456789abcde',
      '/ctrl-if.1.2.0123456789abcdef0',
      '/ctrl-if.1.2.0123456789ABCDEF',
      '/ctrl-if.-1.2.0123456789abcdef',
      '/ctrl-if.1.0123456789abcdef',
      '/x/ctrl-if.1.2.0123456789abcdef',
      '/Xctrl-if.1.2.0123456789abcdef',
    ]) {
      expect(isPageName(other), other).toBe(false);
    }
  });
});

describe('sweepStalePages', () => {
  const dead = spawnSync('true').pid;
  const put = (name: string) => {
    writeFileSync(shmFile(pages.adopt(name)), Buffer.alloc(16), { mode: 0o600 });
    return name;
  };

  /** Another process may sweep in between, so that only one of several tries must be swept here. */
  const sweptByUs = (make: () => string): string[] => {
    for (let i = 0; i < 20; i++) {
      const name = put(make());
      const swept = sweepStalePages();
      expect(existsInShm(name)).toBe(false);
      if (swept.includes(name)) return swept;
    }
    return expect.fail('20 stale pages went, and this sweep named none of them');
  };

  it('removes the pages of dead processes, by pid and by start time', () => {
    sweptByUs(() => newPageName({ pid: dead, startTime: 1n }));
    sweptByUs(() => newPageName({ pid: dead, startTime: 0n }));
    const { pid, startTime } = processIdentity();
    sweptByUs(() => newPageName({ pid, startTime: startTime - 1n }));
  });

  it('keeps pages of live processes and of other users', () => {
    const kept = [
      put(newPageName()),
      put(newPageName(processIdentity(process.ppid))),
      put(newPageName({ pid: process.pid, startTime: 0n })), // a maker without /proc, and that pid lives
      put(pages.name()),
      put(`/ctrl-if.${dead}.1.0123`),
      put(`/other.${dead}.1.0123456789abcdef`),
    ];
    const directory = pages.adopt(newPageName({ pid: dead, startTime: 1n }));
    mkdirSync(shmFile(directory));
    kept.push(directory);
    if (isRoot) {
      const foreign = put(newPageName({ pid: dead, startTime: 2n }));
      chownSync(shmFile(foreign), 65534, 65534);
      // Root may have lost the race to a sweep before the chown; nothing else takes it after.
      if (existsInShm(foreign)) kept.push(foreign);
    }
    const swept = sweptByUs(() => newPageName({ pid: dead, startTime: 3n }));
    for (const name of kept) {
      expect(existsInShm(name), name).toBe(true);
      expect(swept).not.toContain(name);
    }
  });
});
