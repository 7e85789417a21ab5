import fc from 'fast-check';
import type { DomainConfig } from '../../lib/machine/operations.ts';

const letters = [...'abcxyzABCXYZ'];
export const domainNames = fc
  .tuple(fc.constantFrom(...letters), fc.string({ unit: fc.constantFrom(...letters, ...'019-_.'), maxLength: 63 }))
  .map(([first, rest]) => first + rest);
const references = fc.oneof(domainNames, fc.nat());
const u32s = fc.integer({ min: 1, max: 0xffff_ffff });
const macs = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));

const disks = fc.record(
  {
    backend: references,
    target: fc.string({ minLength: 1 }),
    vdevice: fc.nat(0xffff),
    mode: fc.constantFrom('r' as const, 'w' as const),
  },
  { requiredKeys: ['target', 'vdevice'], noNullPrototype: true },
);
const vifs = fc.record(
  { backend: references, mac: macs, credit: fc.record({ bytes: u32s, microseconds: u32s }, { noNullPrototype: true }) },
  { requiredKeys: [], noNullPrototype: true },
);
const usbs = fc.record(
  { backend: references, path: fc.stringMatching(/^[0-9ab][0-9ab./-]{0,14}$/) },
  { requiredKeys: ['path'], noNullPrototype: true },
);

/** Valid configurations. */
export const configs: fc.Arbitrary<DomainConfig> = fc
  .record(
    {
      name: domainNames,
      command: fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
      memory: fc.integer({ min: 1, max: 1024 }),
      maxMemory: fc.integer({ min: 1024, max: 4096 }),
      vcpus: fc.integer({ min: 1, max: 32 }),
      disks: fc.uniqueArray(disks, { maxLength: 4, selector: ({ vdevice }) => vdevice }),
      vifs: fc.uniqueArray(vifs, { maxLength: 4, selector: ({ mac }) => mac ?? {} }),
      usbs: fc.uniqueArray(usbs, { maxLength: 4, selector: ({ path }) => path }),
      restart: fc.constantFrom('always' as const, 'on-reboot' as const, 'never' as const),
      minimumRestartSeconds: fc.nat(1000),
      shutdownSeconds: fc.nat(1000),
    },
    { requiredKeys: ['name'], noNullPrototype: true },
  )
  .map((config) => config as DomainConfig);
