import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVICE_CLASSES } from '../../lib/device/classes/index.ts';
import { credit } from '../../lib/device/classes/network/config.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import { mistakesIn } from '../../lib/machine/check.ts';
import { domainConfig } from '../../lib/machine/config-schema.ts';
import type { Schema } from '../../lib/schema/schema.ts';
import { configs } from './arbitrary-config.ts';

const ajv = new Ajv2020({ strict: true, strictTypes: false });

describe('the check of a value', () => {
  const keys = fc.constantFrom(
    ...Object.keys(domainConfig.properties),
    'target',
    'vdevice',
    'mac',
    'path',
    'other',
    '__proto__',
  );
  const leaves = fc.oneof(
    fc.constantFrom<unknown>('web', 'w', 'r', 'always', '00:16:3e:00:00:01', '1-1', '', '..', '12', '😀', null, true),
    fc.integer({ min: -1, max: 70_000 }),
    fc.double(),
    fc.string(),
  );
  const values = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, leaves, fc.array(tie('value')), tie('table')),
    table: fc.dictionary(keys, tie('value')),
  }));

  it.each<[string, Schema]>([
    ['domainConfig', domainConfig],
    ['credit', credit],
    ...DEVICE_CLASSES.map(({ item, config }): [string, Schema] => [item, config]),
  ])('%s: agrees with another validator', (_, schema) => {
    const validate = ajv.compile(schema);
    fc.assert(
      fc.property(fc.oneof(values.value!, values.table!, configs), (value) => {
        expect(mistakesIn(schema, value).length === 0).toBe(validate(value));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees also on a valid configuration with one value changed', () => {
    const validate = ajv.compile(domainConfig);
    fc.assert(
      fc.property(configs, fc.constantFrom(...Object.keys(domainConfig.properties)), leaves, (config, key, value) => {
        const changed = { ...config, [key]: value };
        expect(mistakesIn(domainConfig, changed).length === 0).toBe(validate(changed));
      }),
      { numRuns: 500 },
    );
  });
});

describe('did you mean', () => {
  it.each([
    ['memroy', 'memory'],
    ['MEMORY', 'memory'],
    ['max_memory', 'maxMemory'],
    ['maxmem', 'maxMemory'],
    ['disk', 'disks'],
    ['vcpu', 'vcpus'],
    ['min-restart-seconds', 'minimumRestartSeconds'],
    ['kernel', undefined],
    ['', undefined],
    ['m'.repeat(100_000), undefined],
  ])('%.20s: %s', (word, guess) => {
    expect(didYouMean(word, Object.keys(domainConfig.properties))).toBe(guess);
  });
});
