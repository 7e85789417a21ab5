/** Waiting that blocks the thread: the peer acts in the instants at which it could be missed, or never. */
import { describe, expect, it } from 'vitest';
import { CtrlIfError } from '../../../lib/errors.ts';
import { untyped } from '../../../lib/link/codec.ts';
import { Link } from '../../../lib/link/link.ts';
import { BackRing } from '../../../lib/ring/back-ring.ts';
import { CONTROL_TX } from '../../../lib/wire/control-rings.ts';
import { PAGE_PROCESS, PAGE_WAKEUP, PROCESS_PID } from '../../../lib/wire/page.ts';
import { expectError } from '../../support/expect-error.ts';
import { codec, controlPage } from '../link-pair.ts';

const over = new CtrlIfError('ERR_CTRL_IF_CLOSED', 'the test is over, and so is this link');

/** A guest's link, and what the test does as its controller at the moment at which the guest says that it sleeps. */
function guest(onAsleep: (nth: number) => void) {
  const page = controlPage();
  page.store32(PAGE_PROCESS.controller + PROCESS_PID, process.pid);
  const arm = page.armWakeup.bind(page);
  let times = 0;
  page.armWakeup = (offset) => {
    arm(offset);
    if (offset === PAGE_WAKEUP.guest) onAsleep(++times);
  };
  const broken: CtrlIfError[] = [];
  const link = new Link({
    page,
    role: 'guest',
    codec: untyped(codec),
    peerRunsBeside: true,
    notifier: { notify: () => true },
    onHandlerError() {},
    onBroken: (error) => {
      // As an endpoint does.
      page.unmap();
      broken.push(error);
    },
  });
  return { page, link, broken, back: new BackRing(page, CONTROL_TX) };
}

describe('a blocking request', () => {
  it('finds an answer that came just before it slept, and clears its sleep word', () => {
    const played = guest(() => {
      const request = played.back.pop();
      if (!request) return;
      played.back.push(request);
      played.back.flush();
    });
    expect(played.link.requestSync({ name: 'SEQ', n: 5 })).toEqual({ name: 'SEQ', n: 5, answer: 0 });
    expect(played.page.load32(PAGE_WAKEUP.guest)).toBe(0);
    played.link.end(over);
  });

  it('times out; the late answer is dropped, and is not taken for the next one', () => {
    let answers = false;
    const played = guest(() => {
      if (!answers) return;
      for (let request = played.back.pop(); request; request = played.back.pop()) played.back.push(request);
      played.back.flush();
    });
    const error = expectError('ERR_CTRL_IF_TIMEOUT', '20 ms', () =>
      played.link.requestSync({ name: 'SEQ', n: 1 }, { timeout: 20 }),
    );
    expect(error.expected).toContain('20 ms');
    expect(played.link.stats).toMatchObject({ inFlight: 1, waiting: 0, lateResponses: 0 });
    answers = true;
    expect(played.link.requestSync({ name: 'SEQ', n: 2 })).toMatchObject({ n: 2 });
    expect(played.link.stats).toMatchObject({ inFlight: 0, lateResponses: 1 });
    played.link.end(over);
  });

  it('waits behind earlier messages when the ring is full, and leaves the queue when it times out', () => {
    const played = guest(() => {});
    const before = Array.from({ length: 10 }, (_, n) => played.link.request({ name: 'SEQ', n }));
    for (const one of before) one.catch(() => {});
    expectError('ERR_CTRL_IF_TIMEOUT', '5 ms', () => played.link.requestSync({ name: 'SEQ', n: 99 }, { timeout: 5 }));
    expect(played.link.stats).toMatchObject({ inFlight: 8, waiting: 2 });
    played.link.end(over);
  });

  it("rejects with the peer's protocol error, and not with an error of the unmapped page", () => {
    const played = guest(() => played.page.store32(CONTROL_TX.offset + 4, 99));
    const ask = () => played.link.requestSync({ name: 'SEQ', n: 1 });
    const error = expectError('ERR_CTRL_IF_PEER_INDEX', 'rsp_prod', ask);
    expect(played.broken).toEqual([error]);
    expect(expectError('ERR_CTRL_IF_PEER_INDEX', 'rsp_prod', ask)).toBe(error);
  });

  it('rejects when the peer has died, although no socket is read', () => {
    const played = guest(() => played.page.store32(PAGE_PROCESS.controller + PROCESS_PID, 2 ** 22 + 1));
    expectError('ERR_CTRL_IF_PEER_DIED', 'controller', () => played.link.requestSync({ name: 'SEQ', n: 1 }));
    played.link.end(over);
  });

  it('throws at once for a message that cannot be encoded', () => {
    const played = guest(() => {});
    expectError('ERR_CTRL_IF_VALUE', 'n', () => played.link.requestSync({ name: 'SEQ', n: -1 }));
    expect(played.link.stats).toMatchObject({ inFlight: 0, waiting: 0 });
    played.link.end(over);
    expectError('ERR_CTRL_IF_CLOSED', 'test is over', () => played.link.requestSync({ name: 'SEQ', n: 1 }));
  });
});
