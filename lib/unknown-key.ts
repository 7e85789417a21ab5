import { didYouMean } from './did-you-mean.ts';
import { CtrlIfError } from './errors.ts';

/** The error `ERR_CTRL_IF_VALUE` for a key that `subject` does not have. `known` are the keys that it has. */
export function unknownKey(
  subject: string,
  key: string,
  known: readonly string[],
  received: unknown,
  hint = '',
): CtrlIfError {
  const near = didYouMean(key, known);
  const guess = near === undefined ? ';' : `; did you mean ${near}?`;
  const shown = JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}...` : key);
  const keys = known.join(', ');
  return new CtrlIfError(
    'ERR_CTRL_IF_VALUE',
    `${subject}: there is no key ${shown}${guess} the keys are ${keys}${hint}`,
    {
      field: key,
      expected: `one of ${keys}`,
      received,
    },
  );
}

/**
 * Checks that `options` is an object with keys of `known` only, so that a mistyped option is not ignored.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when it is no object or has another key; `field` names the key
 */
export function checkKeys(subject: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new CtrlIfError('ERR_CTRL_IF_VALUE', `${subject} must be an object with the keys ${known.join(', ')}`, {
      field: subject,
      expected: 'an object',
      received: options,
    });
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw unknownKey(subject, key, known, (options as Record<string, unknown>)[key]);
  }
}
