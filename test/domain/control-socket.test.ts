import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../lib/domain/connection.ts';
import { ControlSocket } from '../../lib/domain/control-socket.ts';
import { type AskedBy, QUESTIONS, type QuestionName } from '../../lib/domain/questions.ts';
import { CtrlIfError } from '../../lib/errors.ts';
import { type Line, mistakesIn, SAMPLES } from './question-samples.ts';

const over = new CtrlIfError('ERR_CTRL_IF_CLOSED', 'the test is over');

/** One side, and the lines that it sends. */
function alone<P extends 'guest' | 'controller'>(_role: P) {
  const sent: Line[] = [];
  return { sent, socket: new ControlSocket<P>((line) => sent.push(JSON.parse(JSON.stringify(line)))) };
}

/** Two sides that get each other's lines in order, in another turn. */
function pair() {
  const [guest, controller] = [alone('guest'), alone('controller')];
  let most = 0;
  const carry = async () => {
    while (guest.sent.length + controller.sent.length > 0) {
      most = Math.max(most, guest.sent.length);
      for (const line of guest.sent.splice(0)) expect(controller.socket.take(line)).toBeUndefined();
      for (const line of controller.sent.splice(0)) expect(guest.socket.take(line)).toBeUndefined();
      await turn();
    }
  };
  return { guest: guest.socket, controller: controller.socket, carry, mostAtOnce: () => most };
}

const NAMES = Object.keys(QUESTIONS) as QuestionName[];
const names = NAMES.map((name) => [name] as const);

describe('a question', () => {
  it('is answered by its responder, both ways at once', async () => {
    const { guest, controller, carry } = pair();
    controller.answer('port-alloc', ({ remote }) => ({ port: remote * 2 }));
    guest.answer('resume', async () => {
      await turn();
    });
    const answers = Promise.all([
      guest.ask('port-alloc', { remote: 4 }),
      controller.ask('resume', {}),
      guest.ask('port-alloc', { remote: 5 }),
    ]);
    await carry();
    await carry();
    expect(await answers).toEqual([{ port: 8 }, {}, { port: 10 }]);
  });

  it('is typed by its declaration: side, fields and answer', () => {
    const { socket: guest } = alone('guest');
    const compiled = async () => {
      const { port } = await guest.ask('port-alloc', { remote: 1 });
      port satisfies number;
      // @ts-expect-error: the field is called remote
      await guest.ask('port-alloc', { domid: 1 });
      // @ts-expect-error: the controller asks this
      await guest.ask('port-bound', SAMPLES['port-bound'].question);
      // @ts-expect-error: there is no such question
      await guest.ask('nothing', {});
      // @ts-expect-error: a port is a number
      guest.answer('port-closed', ({ port }) => port.toUpperCase());
      const status = await guest.ask('port-status', { port: 2 });
      // @ts-expect-error: a free port has no remote
      status.remote;
      if (status.state !== 'free') status.remote satisfies number;
    };
    expect(compiled).toBeTypeOf('function');
  });

  it('that no responder answers is refused, and so is one whose responder fails, with its code', async () => {
    const { guest, controller, carry } = pair();
    controller.answer('port-close', () => {
      throw new CtrlIfError('ERR_CTRL_IF_PORT_RANGE', '9999 is no port of an event channel');
    });
    controller.answer('memory-progress', () =>
      Promise.reject(Object.assign(new Error('not ours'), { code: 'ENOENT' })),
    );
    controller.answer('domain-end', () => {
      throw new Error('\x00'.repeat(5000));
    });
    const asked = [
      guest.ask('suspended', {}),
      guest.ask('port-close', { port: 9 }),
      guest.ask('memory-progress', {}),
      guest.ask('domain-end', { domid: 1 }),
    ];
    const outcomes = Promise.allSettled(asked);
    await carry();
    await carry();
    const errors = (await outcomes).map((one) => (one as PromiseRejectedResult).reason);
    expect(errors.map(({ code }) => code)).toEqual([
      'ERR_CTRL_IF_NOT_UNDERSTOOD',
      'ERR_CTRL_IF_PORT_RANGE',
      'ERR_CTRL_IF_HANDLER',
      'ERR_CTRL_IF_HANDLER',
    ]);
    expect(errors[0].message).toMatch(/only a machine answers it/);
    expect(errors[1]).toBeInstanceOf(CtrlIfError);
    expect(errors[1].message).toContain('9999');
  });

  it.each(['nothing', '__proto__', 'toString', 'x'.repeat(3900)])(
    'of an unknown name is not understood: %.20s',
    async (about) => {
      const { socket, sent } = alone('controller');
      expect(socket.take({ ask: 1, about })).toBeUndefined();
      await turn();
      expect(sent).toMatchObject([{ answer: 1, failed: 'ERR_CTRL_IF_NOT_UNDERSTOOD' }]);
      expect(sent[0]!.message).toMatch(/run the same release/);
      expect(JSON.stringify(sent[0]).length).toBeLessThan(500);
    },
  );

  it('that the other side is to ask is not understood', async () => {
    for (const name of NAMES) {
      const asker = QUESTIONS[name].askedBy === 'guest' ? alone('guest') : alone('controller');
      asker.socket.take({ ask: 1, about: name, ...SAMPLES[name].question });
      await turn();
      await turn();
      expect(asker.sent).toMatchObject([{ answer: 1, failed: 'ERR_CTRL_IF_NOT_UNDERSTOOD' }]);
    }
  });

  it('with a wrong field is refused before it is sent', async () => {
    const { socket, sent } = alone('guest');
    for (const remote of [Number.NaN, -1, 1.5, 2n, undefined]) {
      const asked = socket.ask('port-alloc', { remote: remote as number });
      await expect(asked).rejects.toMatchObject({
        code: 'ERR_CTRL_IF_VALUE',
        message: expect.stringMatching('expected integer 0..65535'),
      });
    }
    expect(sent).toEqual([]);
  });

  it('waits until others are answered rather than ask more than the other side takes', async () => {
    const { guest, controller, carry, mostAtOnce } = pair();
    controller.answer('port-alloc', async ({ remote }) => ({ port: remote + 2 }));
    const answers = Promise.all(Array.from({ length: 4000 }, (_, remote) => guest.ask('port-alloc', { remote })));
    await carry();
    expect((await answers).map(({ port }) => port)).toEqual(Array.from({ length: 4000 }, (_, n) => n + 2));
    expect(mostAtOnce()).toBeLessThan(1024);
  });
});

describe.each(names)('%s', (name) => {
  /** Registers a responder that gives `answer`, with no regard to types. */
  const respond = (socket: unknown, answer: unknown): unknown[] => {
    const asked: unknown[] = [];
    (socket as ControlSocket<'controller'>).answer(name as AskedBy<'guest'>, (question) => {
      asked.push(question);
      return answer as never;
    });
    return asked;
  };
  const ask = (socket: unknown) =>
    (socket as ControlSocket<'guest'>).ask(name as 'port-alloc', SAMPLES[name].question as never);

  it('is asked and answered as declared', async () => {
    const { guest, controller, carry } = pair();
    const asked = respond(controller, SAMPLES[name].answer);
    const answer = ask(guest);
    await carry();
    expect(await answer).toEqual(SAMPLES[name].answer);
    expect(asked).toEqual([SAMPLES[name].question]);
  });

  it('is answered as failed for each mistake in the question, and its responder is not called', async () => {
    for (const [what, wrong] of mistakesIn(SAMPLES[name].question)) {
      const { socket, sent } = alone('controller');
      const asked = respond(socket, SAMPLES[name].answer);
      expect(socket.take({ ask: 7, about: name, ...wrong }), what).toBeUndefined();
      await turn();
      expect(sent, what).toMatchObject([{ answer: 7, failed: 'ERR_CTRL_IF_PEER_PROTOCOL' }]);
      expect(sent[0]!.message, what).toMatch(/expected /);
      expect(JSON.stringify(sent[0]).length).toBeLessThan(1000);
      expect(asked, what).toEqual([]);
    }
  });

  it('is not settled by an answer with any mistake, which is reported', async () => {
    for (const [what, wrong] of mistakesIn(SAMPLES[name].answer)) {
      const { socket } = alone('guest');
      const answer = ask(socket);
      expect(socket.take({ answer: 1, ...wrong }), what).toMatch(/expected /);
      socket.end(over);
      await expect(answer).rejects.toBe(over);
    }
  });

  it('is answered as failed where the responder gives a wrong answer itself', async () => {
    for (const [what, wrong] of mistakesIn(SAMPLES[name].answer)) {
      const { socket, sent } = alone('controller');
      respond(socket, wrong);
      socket.take({ ask: 1, about: name, ...SAMPLES[name].question });
      await turn();
      expect(sent, what).toMatchObject([{ answer: 1, failed: 'ERR_CTRL_IF_HANDLER' }]);
    }
  });

  it('has no field that the line itself uses', () => {
    for (const side of ['question', 'answer'] as const) {
      for (const field of Object.keys(SAMPLES[name][side])) {
        expect(['ask', 'about', 'answer', 'failed', 'message']).not.toContain(field);
      }
    }
  });
});

describe('a line', () => {
  it('that is neither a question nor an answer to an open question is reported', () => {
    const { socket, sent } = alone('guest');
    socket.ask('memory-progress', {}).catch(() => {});
    const wrong = [
      {},
      { ask: '1', about: 'x' },
      { ask: 1 },
      { ask: 1e300, about: 'x' },
      { ask: -1, about: 'x' },
      { ask: 1, about: { x: 1 } },
      { answer: '1' },
      { answer: 2 },
      { answer: 0 },
      { answer: 1, failed: 5, message: 'x' },
      { answer: 1, failed: 'ENOENT', message: 'x' },
      { answer: 1, failed: 'ERR_CTRL_IF_CLOSED' },
      { answer: 1, failed: 'ERR_CTRL_IF_CLOSED', message: {} },
      { answer: 1, failed: 'ERR_CTRL_IF_CLOSED', message: 'x', more: 1 },
      [1, 2],
    ];
    for (const line of wrong) expect(socket.take(line as Line), JSON.stringify(line)).toMatch(/expected /);
    expect(socket.take({ answer: 1 })).toBeUndefined();
    expect(socket.take({ answer: 1 }), 'an answer that has been given').toMatch(/expected the number/);
    expect(sent).toHaveLength(1);
  });

  it('that asks more than is under way at once anywhere is not taken', async () => {
    const { socket } = alone('controller');
    let answerAll = () => {};
    const gate = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    socket.answer('domain-end', () => gate);
    const wait = { about: 'domain-end', domid: 1 };
    const taken = Array.from({ length: 1100 }, (_, i) => socket.take({ ask: i, ...wait })).filter((wrong) => !wrong);
    expect(taken).toHaveLength(1024);
    answerAll();
    await turn();
    expect(socket.take({ ask: 1, ...wait })).toBeUndefined();
  });

  it('has room for each question and answer at its longest', () => {
    const longest = { ask: Number.MAX_SAFE_INTEGER, about: 'disk-target', target: 'x'.repeat(3800), mode: 'r' };
    expect(QUESTIONS['disk-target'].answer.read({ target: longest.target, mode: 'r' })).toBeDefined();
    expect(JSON.stringify(longest).length).toBeLessThan(MAX_LINE_BYTES);
    const failure = { answer: longest.ask, failed: 'X'.repeat(100), message: '\x00'.repeat(600) };
    expect(JSON.stringify(failure).length).toBeLessThan(MAX_LINE_BYTES);
  });
});

describe('the end', () => {
  it('rejects open questions, waiting questions and later ones', async () => {
    const { socket, sent } = alone('guest');
    const asked = Array.from({ length: 1000 }, () => socket.ask('memory-progress', {}));
    socket.end(over);
    const later = socket.ask('memory-progress', {});
    for (const one of [...asked, later]) await expect(one).rejects.toBe(over);
    expect(socket.take({ answer: 1 })).toMatch(/expected the number/);
    expect(sent.length).toBeLessThan(1000);
  });

  it('leaves an answer that comes too late unsaid', async () => {
    const { socket, sent } = alone('controller');
    socket.answer('memory-progress', async () => {
      await turn();
    });
    socket.answer('suspended', async () => {
      await turn();
      throw new Error('late as well');
    });
    socket.take({ ask: 1, about: 'memory-progress' });
    socket.take({ ask: 2, about: 'suspended' });
    socket.end(over);
    await turn();
    await turn();
    expect(sent).toEqual([]);
  });
});
