import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { CtrlIfError, withoutAdvice } from '../lib/errors.ts';
import { aborted } from '../lib/link/call.ts';

it('an error of an aborted signal is called AbortError, like those of every other API, and keeps our class and code', () => {
  const reason = new Error('had enough');
  const error = aborted(AbortSignal.abort(reason));
  expect(error).toBeInstanceOf(CtrlIfError);
  expect(error.name).toBe('AbortError');
  expect(error.code).toBe('ERR_CTRL_IF_ABORTED');
  expect(error.cause).toBe(reason);
  expect(String(error)).toBe('AbortError: the request was aborted by its signal');
  expect(inspect(error)).toMatch(/AbortError.*the request was aborted by its signal/);
  expect(Object.keys(error)).toEqual(['code']);
});

it('every other error is called CtrlIfError', () => {
  expect(new CtrlIfError('ERR_CTRL_IF_TIMEOUT', 'too late').name).toBe('CtrlIfError');
});

it('an error ends with its advice, and has it apart', () => {
  const error = new CtrlIfError('ERR_CTRL_IF_NAME_IN_USE', 'a controller runs already', {
    advice: 'choose another name',
  });
  expect(error.message).toBe('a controller runs already; choose another name');
  expect(error.advice).toBe('choose another name');
  expect(withoutAdvice(error.message, error.advice)).toBe('a controller runs already');
  expect(withoutAdvice('no advice', undefined)).toBe('no advice');
});
