import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { CtrlIfError } from '../lib/errors.ts';
import { aborted } from '../lib/link/call.ts';

it('an error of an aborted signal is called AbortError, like those of every other API, and keeps our class and code', () => {
  const reason = new Error('had enough');
  const error = aborted(AbortSignal.abort(reason));
  expect(error).toBeInstanceOf(CtrlIfError);
  expect(error.name).toBe('AbortError');
  expect(error.code).toBe('ERR_CTRL_IF_ABORTED');
  expect(error.cause).toBe(reason);
  expect(String(error)).toBe('AbortError: the request was given up by its signal');
  expect(inspect(error)).toMatch(/AbortError.*the request was given up by its signal/);
  expect(Object.keys(error)).toEqual(['code']);
});

it('every other error is called CtrlIfError', () => {
  expect(new CtrlIfError('ERR_CTRL_IF_TIMEOUT', 'too late').name).toBe('CtrlIfError');
});
