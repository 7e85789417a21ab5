/** Questions and answers beside the rings: each has one end, whatever the other side says. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SideChannel } from '../../lib/domain/side-channel.ts';
import { CtrlIfError } from '../../lib/errors.ts';

const over = new CtrlIfError('ERR_CTRL_IF_CLOSED', 'the test is over');
type Line = Record<string, unknown>;

/** One side, and the lines that it sends. */
function alone() {
  const sent: Line[] = [];
  return { sent, side: new SideChannel((line) => sent.push(JSON.parse(JSON.stringify(line)))) };
}

/** Two sides that hear each other's lines in order, in another turn. */
function pair() {
  const [a, b] = [alone(), alone()];
  let most = 0;
  const carry = async () => {
    while (a.sent.length + b.sent.length > 0) {
      most = Math.max(most, a.sent.length);
      for (const line of a.sent.splice(0)) expect(b.side.take(line)).toBe(true);
      for (const line of b.sent.splice(0)) expect(a.side.take(line)).toBe(true);
      await turn();
    }
  };
  return { a: a.side, b: b.side, carry, mostAtOnce: () => most };
}

describe('a question', () => {
  it('is answered by who answers it, both ways at once', async () => {
    const { a, b, carry } = pair();
    b.answer('double', ({ n }) => ({ doubled: (n as number) * 2 }));
    a.answer('wait', async () => {
      await turn();
      return undefined;
    });
    const answers = Promise.all([a.ask('double', { n: 4 }), b.ask('wait', {}), a.ask('double', { n: 5 })]);
    await carry();
    await carry();
    expect(await answers).toMatchObject([{ doubled: 8 }, { answer: 1 }, { doubled: 10 }]);
  });

  it('that comes before its responder is answered, where that is registered within the turn', async () => {
    const { side, sent } = alone();
    expect(side.take({ ask: 1, about: 'early' })).toBe(true);
    await Promise.resolve();
    side.answer('early', () => ({ bird: true }));
    await turn();
    await turn();
    expect(sent).toEqual([{ answer: 1, bird: true }]);
  });

  it('that nobody answers is refused, and so is one whose answer throws, with its code', async () => {
    const { a, b, carry } = pair();
    b.answer('range', () => {
      throw new CtrlIfError('ERR_CTRL_IF_PORT_RANGE', '9999 is no port of an event channel');
    });
    b.answer('wrong', () => Promise.reject(new Error('not one of ours')));
    const asked = ['nothing', 'range', 'wrong', '__proto__', 'toString'].map((about) => a.ask(about, {}));
    const outcomes = Promise.allSettled(asked);
    await carry();
    await carry();
    const codes = (await outcomes).map((one) => (one as PromiseRejectedResult).reason);
    expect(codes.map(({ code }) => code)).toEqual([
      'ERR_CTRL_IF_NOT_UNDERSTOOD',
      'ERR_CTRL_IF_PORT_RANGE',
      'ERR_CTRL_IF_HANDLER',
      'ERR_CTRL_IF_NOT_UNDERSTOOD',
      'ERR_CTRL_IF_NOT_UNDERSTOOD',
    ]);
    expect(codes[1]).toBeInstanceOf(CtrlIfError);
    expect(codes[1].message).toContain('9999');
  });

  it('waits until others are answered rather than ask more than the other side takes', async () => {
    const { a, b, carry, mostAtOnce } = pair();
    b.answer('n', async ({ n }) => ({ n }));
    const answers = Promise.all(Array.from({ length: 5000 }, (_, n) => a.ask('n', { n })));
    await carry();
    expect((await answers).map(({ n }) => n)).toEqual(Array.from({ length: 5000 }, (_, n) => n));
    expect(mostAtOnce()).toBeLessThan(1024);
  });
});

describe('a line', () => {
  it('that is no question and no answer of ours is not taken', () => {
    const { side, sent } = alone();
    side.ask('x', {}).catch(() => {});
    for (const line of [{}, { ask: '1', about: 'x' }, { ask: 1 }, { answer: '1' }, { answer: 2 }, { answer: 0 }]) {
      expect(side.take(line as Line), JSON.stringify(line)).toBe(false);
    }
    expect(side.take({ answer: 1 })).toBe(true);
    expect(side.take({ answer: 1 }), 'an answer that has been given').toBe(false);
    expect(sent).toHaveLength(1);
  });

  it('that asks more than is under way at once anywhere is not taken', async () => {
    const { side } = alone();
    let answerAll = () => {};
    const gate = new Promise<undefined>((resolve) => {
      answerAll = () => resolve(undefined);
    });
    side.answer('wait', () => gate);
    const taken = Array.from({ length: 1100 }, (_, i) => side.take({ ask: i, about: 'wait' })).filter(Boolean);
    expect(taken).toHaveLength(1024);
    answerAll();
    await turn();
    expect(side.take({ ask: 1, about: 'wait' })).toBe(true);
  });
});

describe('the end', () => {
  it('is told to each who waits, to those not yet asked, and to whoever asks later', async () => {
    const { side, sent } = alone();
    const asked = Array.from({ length: 1000 }, () => side.ask('x', {}));
    side.end(over);
    const later = side.ask('x', {});
    for (const one of [...asked, later]) await expect(one).rejects.toBe(over);
    expect(side.take({ answer: 1 })).toBe(false);
    expect(sent.length).toBeLessThan(1000);
  });

  it('leaves an answer that comes too late unsaid', async () => {
    const { side, sent } = alone();
    side.answer('slow', async () => {
      await turn();
      return { late: true };
    });
    side.answer('fails', async () => {
      await turn();
      throw new Error('late as well');
    });
    side.take({ ask: 1, about: 'slow' });
    side.take({ ask: 2, about: 'fails' });
    side.end(over);
    await turn();
    await turn();
    expect(sent).toEqual([]);
  });
});
