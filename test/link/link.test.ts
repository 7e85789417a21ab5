import { afterEach, describe, expect, it } from 'vitest';
import type { Received } from '../../lib/link/received.ts';
import { RequestError } from '../../lib/link/request-error.ts';
import { CtrlIfError } from '../../lib/wire/index.ts';
import { until } from '../support/until.ts';
import { linkPair } from './link-pair.ts';

const ended = new CtrlIfError('ERR_CTRL_IF_CLOSED', 'the test is over');
let pair: ReturnType<typeof linkPair>;

function open() {
  pair = linkPair();
  return { guest: pair.guest.link, controller: pair.controller.link, guestErrors: pair.guest.handlerErrors };
}

afterEach(() => {
  pair?.guest.link.end(ended);
  pair?.controller.link.end(ended);
});

describe('requests and responses', () => {
  it('resolves with what the handler returned, the request kept where it said nothing', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', ({ n }) => ({ answer: (n as number) + 1 }));
    expect(await guest.request({ name: 'SEQ', n: 7 })).toEqual({ name: 'SEQ', n: 7, answer: 8 });
  });

  it('goes both ways at once', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', ({ n }) => ({ answer: (n as number) * 2 }));
    guest.receiveMessage('SEQ', ({ n }) => ({ answer: (n as number) * 3 }));
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const answers = await Promise.all(
      numbers.map((n) => Promise.all([guest.request({ name: 'SEQ', n }), controller.request({ name: 'SEQ', n })])),
    );
    expect(answers.map(([a, b]) => [a.answer, b.answer])).toEqual(numbers.map((n) => [n * 2, n * 3]));
  });

  it('answers a message without a receiver with "not understood"', async () => {
    const { guest, controller } = open();
    await expect(guest.request({ name: 'SEQ', n: 1 })).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    expect(controller.stats.unclaimedRequests).toBe(1);
  });

  it('rejects a message of the user’s own without a receiver, also when it has no payload', async () => {
    const { guest } = open();
    await expect(guest.request({ name: 'PING' })).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
  });

  it('takes the default answer to a message without payload for an answer, as the original must', async () => {
    const { controller } = open();
    expect(await controller.request({ name: 'SHUTDOWN_POWEROFF' })).toEqual({ name: 'SHUTDOWN_POWEROFF' });
  });

  it('answers out of order, each response to its own request', async () => {
    const { guest, controller } = open();
    const kept: Received[] = [];
    controller.receiveMessage('SEQ', (_, request) => {
      request.defer();
      kept.push(request);
    });
    const answers = [0, 1, 2, 3].map((n) => guest.request({ name: 'SEQ', n }));
    await until(() => kept.length === 4);
    for (const request of kept.reverse()) request.respond({ answer: (request.message.n as number) + 10 });
    expect((await Promise.all(answers)).map(({ answer }) => answer)).toEqual([10, 11, 12, 13]);
  });

  it('carries messages without a definition by their numbers', async () => {
    const { guest, controller } = open();
    controller.receiveType(200, ({ data }) => ({ data: (data as Uint8Array).slice().reverse() }));
    const message = { name: 'UNKNOWN', type: 200, subtype: 3, data: new Uint8Array([1, 2, 3]) };
    expect(await guest.request(message)).toEqual({ ...message, data: new Uint8Array([3, 2, 1]) });
  });
});

describe('a full ring', () => {
  it('makes senders wait in the order in which they came', async () => {
    const { guest, controller } = open();
    const seen: unknown[] = [];
    controller.receiveMessage('SEQ', ({ n }) => void seen.push(n));
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    await Promise.all(
      numbers.map((n) => (n % 3 === 0 ? guest.send({ name: 'SEQ', n }) : guest.request({ name: 'SEQ', n }))),
    );
    expect(seen).toEqual(numbers);
    expect(guest.stats.waiting).toBe(0);
  });

  it('makes trySend return false', async () => {
    const { guest, controller } = open();
    const kept: Received[] = [];
    controller.receiveMessage('SEQ', (_, request) => {
      request.defer();
      kept.push(request);
    });
    const sent = Array.from({ length: 12 }, (_, n) => guest.trySend({ name: 'SEQ', n }));
    expect(sent).toEqual([...Array(8).fill(true), ...Array(4).fill(false)]);
    await until(() => kept.length === 8);
    kept[0]!.respond();
    await until(() => guest.stats.inFlight === 7);
    expect(guest.trySend({ name: 'SEQ', n: 99 })).toBe(true);
  });

  it('lets no message overtake waiting ones', async () => {
    const { guest, controller } = open();
    const seen: unknown[] = [];
    controller.receiveMessage('SEQ', ({ n }) => void seen.push(n));
    for (let n = 0; n < 8; n++) guest.trySend({ name: 'SEQ', n });
    const waited = guest.send({ name: 'SEQ', n: 8 });
    expect(guest.trySend({ name: 'SEQ', n: 9 })).toBe(false);
    await waited;
    await until(() => seen.length === 9);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('H8: sends a message that began to wait while responses were being taken', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', () => {});
    // Each answer makes its taker send more than the ring holds, in the middle of the batch that frees the slots.
    let answered = 0;
    const fan = async (depth: number): Promise<void> => {
      await guest.request({ name: 'SEQ', n: depth });
      answered++;
      if (depth < 3) await Promise.all(Array.from({ length: 9 }, () => fan(depth + 1)));
    };
    await fan(0);
    expect(answered).toBe(1 + 9 + 81 + 729);
  });

  it('takes the message as it was when it was sent', async () => {
    const { guest, controller } = open();
    const seen: unknown[] = [];
    controller.receiveMessage('SEQ', ({ n }) => void seen.push(n));
    const message = { name: 'SEQ', n: 0 };
    const sent: Promise<void>[] = [];
    for (let n = 0; n < 20; n++) {
      message.n = n;
      sent.push(guest.send(message));
    }
    await Promise.all(sent);
    await until(() => seen.length === 20);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });
});

describe('ids', () => {
  it('are the lowest free of eight, and 0xFF where no answer is awaited', async () => {
    const { guest, controller } = open();
    const kept: Received[] = [];
    controller.receiveMessage('SEQ', (_, request) => {
      request.defer();
      kept.push(request);
    });
    const answers = [guest.request({ name: 'SEQ', n: 0 }), guest.request({ name: 'SEQ', n: 1 })];
    guest.trySend({ name: 'SEQ', n: 2 });
    answers.push(guest.request({ name: 'SEQ', n: 3 }));
    await until(() => kept.length === 4);
    expect(kept.map(({ id }) => id)).toEqual([0, 1, 0xff, 2]);
    kept[1]!.respond();
    await answers[1];
    answers.push(guest.request({ name: 'SEQ', n: 4 }));
    await until(() => kept.length === 5);
    expect(kept[4]!.id).toBe(1);
    for (const request of kept) if (!request.answered) request.respond();
    await Promise.all(answers);
  });

  it('H4, H5: stay taken by a request that was given up until its late response has come', async () => {
    const { guest, controller } = open();
    const kept: Received[] = [];
    controller.receiveMessage('SEQ', (_, request) => {
      request.defer();
      kept.push(request);
    });
    const abort = new AbortController();
    const given = guest.request({ name: 'SEQ', n: 0 }, { signal: abort.signal });
    await until(() => kept.length === 1);
    abort.abort('enough');
    await expect(given).rejects.toMatchObject({ name: 'AbortError', code: 'ERR_CTRL_IF_ABORTED', cause: 'enough' });
    const second = guest.request({ name: 'SEQ', n: 1 });
    await until(() => kept.length === 2);
    expect(kept.map(({ id }) => id)).toEqual([0, 1]);
    kept[0]!.respond({ answer: 666 });
    kept[1]!.respond({ answer: 1 });
    expect(await second).toMatchObject({ answer: 1 });
    expect(guest.stats).toMatchObject({ lateResponses: 1, inFlight: 0 });
  });

  it('H11: come back after eight time-outs, once the late responses are in', async () => {
    const { guest, controller } = open();
    const kept: Received[] = [];
    controller.receiveMessage('SEQ', (_, request) => {
      request.defer();
      kept.push(request);
    });
    const given = Array.from({ length: 8 }, (_, n) => guest.request({ name: 'SEQ', n }, { timeout: 5 }));
    for (const request of given) await expect(request).rejects.toMatchObject({ code: 'ERR_CTRL_IF_TIMEOUT' });
    const ninth = guest.request({ name: 'SEQ', n: 8 });
    expect(guest.stats).toMatchObject({ inFlight: 8, waiting: 1 });
    for (const request of kept.splice(0)) request.respond();
    await until(() => kept.length === 1);
    kept[0]!.respond({ answer: 9 });
    expect(await ninth).toMatchObject({ answer: 9 });
    expect(guest.stats.lateResponses).toBe(8);
  });

  it('are not taken by a request that is aborted while it waits, which is never sent', async () => {
    const { guest, controller } = open();
    const seen: unknown[] = [];
    controller.receiveMessage('SEQ', ({ n }) => void seen.push(n));
    for (let n = 0; n < 8; n++) guest.trySend({ name: 'SEQ', n });
    const abort = new AbortController();
    const waiting = guest.request({ name: 'SEQ', n: 100 }, { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CTRL_IF_ABORTED' });
    await guest.request({ name: 'SEQ', n: 8 });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('are given back when the message does not fit', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', () => {});
    for (let i = 0; i < 20; i++) {
      await expect(guest.request({ name: 'SEQ', n: -1 })).rejects.toMatchObject({
        code: 'ERR_CTRL_IF_VALUE',
        field: 'n',
      });
    }
    expect(() => guest.trySend({ name: 'SEQ', n: 2 ** 32 })).toThrow(
      expect.objectContaining({ code: 'ERR_CTRL_IF_VALUE' }),
    );
    expect(await guest.request({ name: 'SEQ', n: 1 })).toMatchObject({ n: 1 });
    expect(guest.stats).toMatchObject({ inFlight: 0, requestsSent: 1 });
  });

  it('abort at once when the signal has fired before', async () => {
    const { guest } = open();
    const request = guest.request({ name: 'SEQ', n: 1 }, { signal: AbortSignal.abort('enough') });
    await expect(request).rejects.toMatchObject({ name: 'AbortError', code: 'ERR_CTRL_IF_ABORTED', cause: 'enough' });
    expect(guest.stats.requestsSent).toBe(0);
  });
});

describe('a key that is none', () => {
  const stray = (field: string) => expect.objectContaining({ code: 'ERR_CTRL_IF_VALUE', field });

  it('in a message is named by whatever sends it, and nothing is sent', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', () => {});
    const message = { name: 'SEQ', n: 1, anwser: 2 };
    for (let i = 0; i < 20; i++) {
      await expect(guest.request(message)).rejects.toEqual(stray('anwser'));
      await expect(guest.send(message)).rejects.toEqual(stray('anwser'));
      expect(() => guest.requestSync(message)).toThrow(stray('anwser'));
      expect(() => guest.trySend(message)).toThrow(stray('anwser'));
    }
    expect(guest.stats).toMatchObject({ inFlight: 0, waiting: 0, requestsSent: 0 });
    expect(await guest.request({ name: 'SEQ', n: 1 })).toMatchObject({ n: 1 });
  });

  it('in an option is named, with the option that was meant', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', () => {});
    const message = { name: 'SEQ', n: 1 };
    await expect(guest.request(message, { timeOut: 5 } as object)).rejects.toThrow(/"timeOut"; did you mean timeout/);
    expect(() => guest.requestSync(message, { timeOut: 5 } as object)).toThrow(stray('timeOut'));
    await expect(guest.request(message, 5 as unknown as object)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_VALUE' });
    expect(guest.stats.requestsSent).toBe(0);
  });

  it('in an answer is a failure of the handler that names it, and not an answer of zeros', async () => {
    const { guest, controller } = open();
    const errors = pair.controller.handlerErrors;
    controller.receiveMessage('SEQ', ({ n }) => ({ anwser: (n as number) + 1 }));
    await expect(guest.request({ name: 'SEQ', n: 1 })).rejects.toThrow();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'ERR_CTRL_IF_HANDLER', cause: stray('anwser') });
    expect(errors[0]!.message).toMatch(/"anwser"; did you mean answer/);
  });
});

it('a receiver that puts a key of its own into a message with a status fails, and its request is answered', async () => {
  const { guest, controller } = open();
  guest.receiveMessage('MEM_REQUEST_SET', (message) => {
    (message as Record<string, unknown>).reached = 5;
  });
  await expect(controller.request({ name: 'MEM_REQUEST_SET', target: 5 })).rejects.toThrow();
  expect(pair.guest.handlerErrors).toMatchObject([{ code: 'ERR_CTRL_IF_HANDLER', cause: { field: 'reached' } }]);
  expect(await guest.request({ name: 'SEQ', n: 1 }).catch(({ code }) => code)).toBe('ERR_CTRL_IF_NOT_UNDERSTOOD');
});

describe('receivers', () => {
  it('are one a message: a second is an error, by name and by type', () => {
    const { guest } = open();
    const take = guest.receiveMessage('SEQ', () => {});
    const exists = expect.objectContaining({ code: 'ERR_CTRL_IF_RECEIVER_EXISTS' });
    expect(() => guest.receiveMessage('SEQ', () => {})).toThrow(exists);
    expect(() => guest.receiveType(42, () => {})).toThrow(exists);
    take();
    guest.receiveType(42, () => {});
    expect(() => guest.receiveMessage('SEQ', () => {})).toThrow(exists);
    guest.receiveMessage('BLKIF_BE_CREATE', () => {});
    guest.receiveMessage('BLKIF_BE_DESTROY', () => {});
  });

  it('answer their error status when they throw, and the error comes out', async () => {
    const { guest, controller, guestErrors } = open();
    guest.receiveMessage('BLKIF_BE_CREATE', () => {
      throw new Error('no disk');
    });
    guest.receiveMessage('VCPU_HOTPLUG_ON', async () => {
      throw new Error('no cpu');
    });
    guest.receiveMessage('BLKIF_FE_INTERFACE_STATUS', () => {
      throw new Error('no interface');
    });
    const created = await controller.request({ name: 'BLKIF_BE_CREATE', domid: 3, blkifHandle: 4 });
    expect(created).toEqual({ name: 'BLKIF_BE_CREATE', domid: 3, blkifHandle: 4, status: 1 });
    expect(await controller.request({ name: 'VCPU_HOTPLUG_ON', vcpu: 2 })).toMatchObject({ status: 0 });
    const status = { name: 'BLKIF_FE_INTERFACE_STATUS', handle: 0, status: 2, evtchn: 1, domid: 0 };
    await expect(controller.request(status)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    expect(guestErrors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['ERR_CTRL_IF_HANDLER', 'no disk'],
      ['ERR_CTRL_IF_HANDLER', 'no cpu'],
      ['ERR_CTRL_IF_HANDLER', 'no interface'],
    ]);
  });

  it('fail for the requester with ERR_CTRL_IF_HANDLER, unlike a message without a receiver', async () => {
    const { guest, controller, guestErrors } = open();
    guest.receiveMessage('SEQ', ({ n }) => {
      if (n === 1) throw new Error('private');
      return n === 2 ? Promise.reject(new Error('private')) : { answer: 2 ** 32 };
    });
    for (const n of [1, 2, 3]) {
      const error = await controller.request({ name: 'SEQ', n }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'ERR_CTRL_IF_HANDLER', subject: 'SEQ' });
      expect((error as Error).message).not.toContain('private');
    }
    expect(guestErrors.map(({ cause }) => (cause as Error).message)).toEqual([
      'private',
      'private',
      expect.stringContaining('SEQ: answer'),
    ]);
    await expect(guest.request({ name: 'SEQ', n: 1 })).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
  });

  it('refuse with a RequestError, whose code and text reach the requester, and which is no failure of the receiver', async () => {
    const { guest, controller, guestErrors } = open();
    guest.receiveMessage('SEQ', ({ n }, request) => {
      const refusal = new RequestError('NO_FUNDS', `only ${n} left`);
      if (n === 1) throw refusal;
      if (n === 2) return Promise.reject(refusal);
      request.defer();
      setImmediate(() => request.refuse(refusal));
      return undefined;
    });
    for (const n of [1, 2, 3]) {
      const error = await controller.request({ name: 'SEQ', n }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RequestError);
      expect(error).toMatchObject({ name: 'RequestError', code: 'NO_FUNDS', message: `only ${n} left` });
    }
    expect(guestErrors).toEqual([]);
  });

  it('refuse messages without a definition as well, and those of the header as far as these can say so', async () => {
    const { guest, controller, guestErrors } = open();
    const refuse = () => {
      throw new RequestError('BUSY');
    };
    for (const type of [1, 3, 200]) guest.receiveType(type, refuse);
    const unknown = { name: 'UNKNOWN', type: 200, subtype: 3, data: new Uint8Array() };
    await expect(controller.request(unknown)).rejects.toMatchObject({ code: 'BUSY', message: '' });
    const created = await controller.request({ name: 'BLKIF_BE_CREATE', domid: 3, blkifHandle: 4 });
    expect(created).toMatchObject({ status: 1 });
    const status = { name: 'BLKIF_FE_INTERFACE_STATUS', handle: 0, status: 2, evtchn: 1, domid: 0 };
    await expect(controller.request(status)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    expect(guestErrors).toEqual([]);
  });

  it('cannot refuse with a code that does not fit', () => {
    for (const code of ['', 'NO FUNDS', 'ü', 'x'.repeat(60), 7 as never]) {
      expect(() => new RequestError(code)).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_VALUE' }));
    }
  });

  it('answer their error status when what they return does not fit', async () => {
    const { guest, controller, guestErrors } = open();
    guest.receiveMessage('MEM_REQUEST_SET', () => ({ status: 'done' }));
    expect(await controller.request({ name: 'MEM_REQUEST_SET', target: 5 })).toMatchObject({ status: 1 });
    expect(guestErrors[0]?.cause).toMatchObject({ code: 'ERR_CTRL_IF_VALUE', field: 'status' });
  });

  it('H6: cannot answer twice', async () => {
    const { guest, controller } = open();
    let request: Received | undefined;
    controller.receiveMessage('SEQ', (_, received) => {
      request = received;
      received.respond({ answer: 1 });
      return { answer: 2 };
    });
    expect(await guest.request({ name: 'SEQ', n: 0 })).toMatchObject({ answer: 1 });
    expect(() => request!.respond()).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_ALREADY_ANSWERED' }));
    expect(() => request!.respondNotUnderstood()).toThrow(
      expect.objectContaining({ code: 'ERR_CTRL_IF_ALREADY_ANSWERED' }),
    );
    expect(controller.stats.responsesSent).toBe(1);
  });

  it('of device messages run one after the other on a guest, while shutdown overtakes', async () => {
    const { guest, controller } = open();
    const order: string[] = [];
    let release: () => void = () => {};
    guest.receiveMessage('BLKIF_BE_CREATE', async ({ blkifHandle }) => {
      order.push(`create ${blkifHandle}`);
      if (blkifHandle === 0) await new Promise<void>((resolve) => (release = resolve));
      order.push(`created ${blkifHandle}`);
    });
    guest.receiveMessage('SHUTDOWN_REBOOT', () => void order.push('reboot'));
    const first = controller.request({ name: 'BLKIF_BE_CREATE', domid: 1, blkifHandle: 0 });
    const second = controller.request({ name: 'BLKIF_BE_CREATE', domid: 1, blkifHandle: 1 });
    await controller.request({ name: 'SHUTDOWN_REBOOT' });
    expect(order).toEqual(['create 0', 'reboot']);
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['create 0', 'reboot', 'created 0', 'create 1', 'created 1']);
  });

  it('are not called after their removal, not even for a message that has waited for its turn', async () => {
    const { guest, controller } = open();
    let release: () => void = () => {};
    let calls = 0;
    guest.receiveMessage('USBIF_BE_CREATE', async () => {
      await new Promise<void>((resolve) => (release = resolve));
    });
    const takeBack = guest.receiveMessage('BLKIF_BE_CREATE', () => void calls++);
    const first = controller.request({ name: 'USBIF_BE_CREATE', domid: 1 });
    const second = controller.request({ name: 'BLKIF_BE_CREATE', domid: 1, blkifHandle: 1 });
    const refused = expect(second).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    // What overtakes it shows that both have come.
    await controller.request({ name: 'SHUTDOWN_REBOOT' });
    takeBack();
    release();
    await Promise.all([first, refused]);
    expect(calls).toBe(0);
  });

  it('of device messages run side by side on a controller', async () => {
    const { guest, controller } = open();
    const started: unknown[] = [];
    const releases: (() => void)[] = [];
    controller.receiveMessage('BLKIF_FE_INTERFACE_QUERY', async ({ handle }) => {
      started.push(handle);
      await new Promise<void>((resolve) => releases.push(resolve));
    });
    const both = [0, 1].map((handle) => guest.request({ name: 'BLKIF_FE_INTERFACE_QUERY', handle }));
    await until(() => started.length === 2);
    for (const release of releases) release();
    await Promise.all(both);
  });

  it('get bytes that stay theirs while they wait for their turn', async () => {
    const { guest, controller } = open();
    const copies: string[] = [];
    let release: () => void = () => {};
    guest.receiveMessage('BLKIF_BE_DESTROY', async ({ blkifHandle }, request) => {
      copies.push(Buffer.from(request.bytes).toString('hex').slice(0, 32));
      if (blkifHandle === 0) await new Promise<void>((resolve) => (release = resolve));
    });
    const all = [0, 1, 2, 3].map((blkifHandle) =>
      controller.request({ name: 'BLKIF_BE_DESTROY', domid: 9, blkifHandle }),
    );
    for (let n = 0; n < 20; n++) await controller.request({ name: 'SHUTDOWN_SUSPEND' });
    release();
    await Promise.all(all);
    expect(copies).toEqual(
      [0, 1, 2, 3].map((n) =>
        `0101${String(n).padStart(2, '0')}0c090000000${n}00000000000000`.slice(0, 24).padEnd(32, '0'),
      ),
    );
  });
});

describe('sleep', () => {
  it('begins without messages, and both sides wake for the next message', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', ({ n }) => ({ answer: n }));
    for (let n = 0; n < 5; n++) {
      await until(() => guest.stats.asleep && controller.stats.asleep);
      expect(await guest.request({ name: 'SEQ', n })).toMatchObject({ answer: n });
    }
    expect(controller.stats.doorbellsReceived).toBe(5);
  });

  it('rings no doorbell for a side that is awake', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', () => {});
    for (let n = 0; n < 100; n++) await guest.request({ name: 'SEQ', n });
    expect(guest.stats.doorbellsRung).toBe(0);
    expect(controller.stats.doorbellsRung).toBe(0);
  });
});

describe('the end', () => {
  it('rejects requests in flight and waiting ones, once and with the same error', async () => {
    const { guest, controller } = open();
    controller.receiveMessage('SEQ', (_, request) => request.defer());
    const requests = Array.from({ length: 20 }, (_, n) => guest.request({ name: 'SEQ', n }));
    const sends = [guest.send({ name: 'SEQ', n: 20 })];
    await until(() => controller.stats.unanswered === 8);
    guest.end(ended);
    guest.end(new CtrlIfError('ERR_CTRL_IF_PEER_DIED', 'too late'));
    for (const promise of [...requests, ...sends]) await expect(promise).rejects.toBe(ended);
    await expect(guest.request({ name: 'SEQ', n: 0 })).rejects.toBe(ended);
    expect(() => guest.trySend({ name: 'SEQ', n: 0 })).toThrow(ended);
  });

  it('delivers first the messages that the peer had published', async () => {
    const { guest, controller } = open();
    const seen: unknown[] = [];
    controller.receiveMessage('SEQ', ({ n }) => void seen.push(n));
    for (let n = 0; n < 5; n++) guest.trySend({ name: 'SEQ', n });
    guest.flush();
    guest.end(ended);
    controller.end(ended);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('drops the answer of a handler that still runs', async () => {
    const { guest, controller } = open();
    let request: Received | undefined;
    controller.receiveMessage('SEQ', (_, received) => {
      received.defer();
      request = received;
    });
    guest.trySend({ name: 'SEQ', n: 1 });
    await until(() => request !== undefined);
    controller.end(ended);
    request!.respond();
    expect(controller.stats.responsesSent).toBe(0);
  });
});
