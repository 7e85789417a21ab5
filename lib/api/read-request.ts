import { CtrlIfError } from '../errors.ts';
import { fromText } from '../machine/from-text.ts';
import { readJSON } from '../machine/json-source.ts';
import { located, type Source } from '../machine/source.ts';
import { bodyOf, type Input, type Operation } from '../schema/operation.ts';

/** The parts of an HTTP request that hold the input of an operation, not yet checked. */
export interface RawRequest {
  path: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: string;
}

/**
 * Calls `action` with the input that `raw` has for `operation`, and resolves with its result. The machine checks the input. Errors
 * give the place of each mistake in the request.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_REQUEST` for a mistake in the address, `ERR_CTRL_IF_CONFIG` for one in the body, and any error
 *   of `action`
 */
export async function withInput<T>(
  operation: Pick<Operation, 'path' | 'takes'>,
  raw: RawRequest,
  action: (input: Input) => Promise<T>,
): Promise<T> {
  const { value, locate } = bodyOf(operation) ? readJSON(raw.body, 'the request') : NO_BODY;
  const input = { ...readAddress(operation, raw), ...(value !== undefined && { body: value }) };
  try {
    return await located({ value: input, locate }, action);
  } catch (error) {
    throw inAddress(operation, error) ?? error;
  }
}

const NO_BODY: Source = { value: undefined, locate: () => 'the request' };

function readAddress({ takes, path }: Pick<Operation, 'path' | 'takes'>, raw: RawRequest): Input {
  const inQuery = takes.filter(({ place }) => place === 'query').map(({ name }) => name);
  for (const name of Object.keys(raw.query)) {
    if (inQuery.includes(name)) continue;
    const known = inQuery.join(', ') || 'none';
    const sentence = `${path} takes no parameter ${JSON.stringify(name)}; it takes ${known}`;
    throw new CtrlIfError('ERR_CTRL_IF_REQUEST', sentence, { expected: known, received: name });
  }
  const texts = { ...raw.query, ...raw.path };
  const given = takes.filter(({ name }) => texts[name] !== undefined);
  return Object.fromEntries(given.map(({ name, schema }) => [name, fromText(texts[name]!, schema)]));
}

/** The same error as a mistake in the address, if its first mistake is there. */
function inAddress({ takes }: Pick<Operation, 'takes'>, error: unknown): CtrlIfError | undefined {
  const first = error instanceof CtrlIfError ? error.mistakes?.[0] : undefined;
  const parameter = takes.find(({ name, place }) => (place === 'path' || place === 'query') && name === first?.path[0]);
  if (!first || !parameter) return undefined;
  const { expected, received } = error as CtrlIfError;
  return new CtrlIfError('ERR_CTRL_IF_REQUEST', `${first.message}`, {
    advice: 'correct the address',
    ...(expected && { expected }),
    received,
  });
}
