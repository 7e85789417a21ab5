import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release } from 'node:os';
import { join } from 'node:path';
import type { Pinning } from './cpus.ts';
import { ROOT } from './paths.ts';
import type { Machine } from './report.ts';

export function describeMachine(pinning: Pinning, rounds: number, quick: boolean): Machine {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: pinning.available,
    pinned: pinning.cpus ? [...pinning.cpus] : null,
    ...(pinning.why && { notPinnedBecause: pinning.why }),
    os: `${platform()} ${release()}`,
    arch: arch(),
    virtualized: isVirtualized(),
    rounds,
    quick,
    versions: {
      'ctrl-if': `${versionOf('.')}${commit()}`,
      node: process.versions.node,
      v8: process.versions.v8,
      'c++': firstLine(process.env.CXX ?? 'c++', ['--version']) ?? 'none',
      zeromq: versionOf('node_modules/zeromq') ?? 'none',
    },
  };
}

export function describe({ cpu, cores, os, versions, pinned, notPinnedBecause }: Machine): string {
  const where = pinned ? `pinned to CPUs ${pinned.join(' and ')}` : `not pinned: ${notPinnedBecause}`;
  return `${cpu}, ${cores} core${cores === 1 ? '' : 's'} (${where}), ${os}, node ${versions.node}, ctrl-if ${versions['ctrl-if']}`;
}

function isVirtualized(): boolean | null {
  try {
    return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'));
  } catch {
    return null;
  }
}

function versionOf(directory: string): string | undefined {
  try {
    return JSON.parse(readFileSync(join(ROOT, directory, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function commit(): string {
  const hash = firstLine('git', ['rev-parse', '--short', 'HEAD']);
  if (!hash) return '';
  const changed = firstLine('git', ['status', '--porcelain', '--untracked-files=no', 'lib', 'native', 'bench']);
  return ` (${hash}${changed ? ', changed' : ''})`;
}

function firstLine(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n')[0] || undefined : undefined;
}
