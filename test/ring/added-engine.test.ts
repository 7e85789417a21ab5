/** The conformance suite on an engine that lib/ does not know, made by docs/engines.md. */
import { afterEach, describe, expect, it } from 'vitest';
import { BackRing, FrontRing, openPage } from '../../lib/ring/index.ts';
import { ARRAY, ArrayPage, arrayEngine, removeArrays } from '../support/array-engine.ts';
import { expectError } from '../support/expect-error.ts';
import { usePages } from '../support/pages.ts';
import { controlRing } from './conformance/control-ring.ts';
import { engineItself } from './conformance/engine-itself.ts';
import { everyRing } from './conformance/every-ring.ts';
import { tornIndex } from './conformance/torn-index.ts';

afterEach(removeArrays);

const pages = {
  ...usePages(),
  shared(bytes: number) {
    const buffer = new ArrayBuffer(bytes);
    const map = () => new ArrayPage('/array', buffer, bytes);
    return { front: map(), back: map(), raw: map() };
  },
};

describe('a ring on pages of an engine that was added', () => {
  const engines = { pages, front: ARRAY, back: ARRAY };
  everyRing(engines);
  controlRing(engines);
  engineItself(engines);
  tornIndex(engines);
});

describe('an engine that was added', () => {
  it('creates and opens pages by name, and refuses the same as other engines', () => {
    const front = arrayEngine.create('/array', 4096);
    expectError('ERR_CTRL_IF_PAGE_EXISTS', '/array', () => arrayEngine.create('/array', 4096));
    expectError('ERR_CTRL_IF_PAGE_NOT_FOUND', '/other', () => arrayEngine.open('/other', 4096));
    expectError('ERR_CTRL_IF_PAGE_TRUNCATED', '4096', () => arrayEngine.open('/array', 8192));
    const start = arrayEngine.open('/array', 2048, true);
    expect(start.bytes).toBe(2048);
    expect(() => start.load32(2048)).toThrow(RangeError);
    const ask = new FrontRing(front);
    const answer = new BackRing(arrayEngine.open('/array', 4096));
    ask.push(Uint8Array.of(1, 2, 3));
    ask.flush();
    expect([...answer.pop()!.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  });

  it('is unknown when it is not in the list', () => {
    const error = expectError('ERR_CTRL_IF_ENGINE', '"array"', () => openPage('/array', 4096, ARRAY));
    expect(error).toMatchObject({ expected: 'native, file or auto', received: 'array' });
  });
});
