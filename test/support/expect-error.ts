import { expect } from 'vitest';
import { CtrlIfError, type CtrlIfErrorCode } from '../../lib/errors.ts';

/**
 * The error of `act`: a CtrlIfError with that code and a sentence for people that contains `names`.
 */
export function expectError(code: CtrlIfErrorCode, names: string | RegExp, act: () => unknown): CtrlIfError {
  let caught: unknown;
  try {
    act();
  } catch (failure) {
    caught = failure;
  }
  expect(caught, `nothing was thrown; expected ${code}`).toBeDefined();
  expect(caught).toBeInstanceOf(CtrlIfError);
  const error = caught as CtrlIfError;
  expect(error.code, error.message).toBe(code);
  if (typeof names === 'string') expect(error.message).toContain(names);
  else expect(error.message).toMatch(names);
  // A sentence of several words, without a value that was not filled in.
  expect(error.message.split(' ').length).toBeGreaterThan(5);
  expect(error.message).not.toMatch(/undefined|\[object/);
  return error;
}
