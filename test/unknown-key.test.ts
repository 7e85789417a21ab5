import { expect, it } from 'vitest';
import { checkKeys, unknownKey } from '../lib/unknown-key.ts';
import { expectError } from './support/expect-error.ts';

it('a mistyped key is named, with the key that was probably meant and all that there are', () => {
  const check = () => checkKeys('the options of request', { timeOut: 5 }, ['signal', 'timeout']);
  const error = expectError('ERR_CTRL_IF_VALUE', 'did you mean timeout?', check);
  expect(error.message).toBe(
    'the options of request: there is no key "timeOut"; did you mean timeout? the keys are signal, timeout',
  );
  expect(error).toMatchObject({ field: 'timeOut', expected: 'one of signal, timeout', received: 5 });
});

it('a key that is like no other is named without a guess', () => {
  expect(unknownKey('TICK', 'colour', ['name', 'sequence'], 1).message).not.toMatch(/did you mean/);
});

it('a long key is cut in the sentence and whole in the field', () => {
  const key = 'k'.repeat(100_000);
  const error = unknownKey('TICK', key, ['name'], 1);
  expect(error.message.length).toBeLessThan(200);
  expect(error.field).toBe(key);
});

it('what is no object is no set of options', () => {
  for (const wrong of [null, 5, 'x', [], undefined]) {
    expectError('ERR_CTRL_IF_VALUE', 'must be an object', () => checkKeys('options', wrong as object, ['a']));
  }
});

it('keys of a prototype are no options', () => {
  checkKeys('options', Object.create({ colour: 1 }), ['a']);
});
