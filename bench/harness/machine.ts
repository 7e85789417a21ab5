/** What a figure means nothing without. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Shares } from './calm.ts';
import type { Pinning } from './cpus.ts';
import { ROOT } from './paths.ts';

export interface Others extends Shares {
  /** Whether the machine was calm when the run began. */
  calmBefore: boolean;
  /** Seconds that the run waited for that. */
  waitedSeconds: number;
  trials: number;
  /** Trials that were disturbed and so were run again. */
  repeated: number;
  /** Trials that were disturbed all the same, and whose figures were kept. */
  disturbed: number;
}

export interface Machine {
  date: string;
  cpu: string;
  /** Cores that this run could use. */
  cores: number;
  /** CPUs of the two sides, or null where they were not pinned, and why. */
  pinned: readonly [number, number] | null;
  notPinnedBecause?: string;
  memoryBytes: number;
  os: string;
  arch: string;
  virtualized: boolean | null;
  /** What else ran meanwhile; none where the system does not tell. */
  others?: Others;
  /** What the whole run took, without waiting for a calm machine. */
  seconds?: number;
  rounds: number;
  quick: boolean;
  versions: Record<string, string>;
}

export function describeMachine(pinning: Pinning, rounds: number, quick: boolean): Machine {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: pinning.available,
    pinned: pinning.cpus ?? null,
    ...(pinning.why ? { notPinnedBecause: pinning.why } : {}),
    memoryBytes: totalmem(),
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

export function describe(machine: Machine): string {
  const { cpu, cores, os, versions, pinned, notPinnedBecause } = machine;
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
