import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BackRing } from '../../lib/ring/back-ring.ts';
import { FrontRing } from '../../lib/ring/front-ring.ts';
import { CONTROL_RX, CONTROL_TX } from '../../lib/wire/control-rings.ts';
import { codec, controlPage, openLink } from './link-pair.ts';

/** A guest's link, and its controller played by the test with bare rings. */
function guestWithRawController() {
  const page = controlPage();
  const guest = openLink(page, 'guest');
  const requests = new BackRing(page, CONTROL_TX);
  const toGuest = new FrontRing(page, CONTROL_RX);
  guest.link.start();
  const answer = (bytes: Uint8Array) => {
    requests.push(bytes);
    requests.flush();
    guest.link.notified();
  };
  const ask = (bytes: Uint8Array) => {
    toGuest.push(bytes);
    toGuest.flush();
    guest.link.notified();
  };
  return { page, guest, requests, toGuest, answer, ask };
}

/** The next entry, looked for after every turn of the event loop. */
async function next(ring: BackRing | FrontRing): Promise<Uint8Array> {
  for (;;) {
    const entry = ring.pop();
    if (entry) return entry.slice();
    await turn();
  }
}

describe('a controller that lies', () => {
  it('H3: an id that no request has breaks the link, whatever the id', async () => {
    for (const id of [1, 7, 8, 200, 254]) {
      const { guest, requests, answer } = guestWithRawController();
      const pending = guest.link.request({ name: 'SEQ', n: 1 });
      const request = await next(requests);
      request[2] = id;
      answer(request);
      await expect(pending).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_PROTOCOL' });
      expect(guest.broken).toHaveLength(1);
    }
  });

  it('H3: so does an id of 0xFF when every message awaits its answer', async () => {
    const { guest, requests, answer } = guestWithRawController();
    const pending = guest.link.request({ name: 'SEQ', n: 1 });
    const request = await next(requests);
    request[2] = 0xff;
    answer(request);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_PROTOCOL' });
  });

  it('so does a response of another type or subtype', async () => {
    for (const [byte, value] of [
      [0, 43],
      [1, 1],
    ] as const) {
      const { guest, requests, answer } = guestWithRawController();
      const pending = guest.link.request({ name: 'SEQ', n: 1 });
      const request = await next(requests);
      request[byte] = value;
      answer(request);
      await expect(pending).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_PROTOCOL' });
    }
  });

  it('H1: so does a response index beyond what was asked', async () => {
    const { page, guest, requests } = guestWithRawController();
    const pending = guest.link.request({ name: 'SEQ', n: 1 });
    await next(requests);
    page.store32(4, 2);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_INDEX', offset: 4 });
    expect(guest.broken.map(({ code }) => code)).toEqual(['ERR_CTRL_IF_PEER_INDEX']);
  });

  it('H1: so does a request index beyond the ring, and no handler runs', async () => {
    const { page, guest } = guestWithRawController();
    let handled = 0;
    guest.link.receiveType(0, () => void handled++);
    page.store32(520, 9);
    guest.link.notified();
    while (guest.broken.length === 0) await turn();
    expect(guest.broken[0]).toMatchObject({ code: 'ERR_CTRL_IF_PEER_INDEX', offset: 520 });
    expect(handled).toBe(0);
  });

  it('H13: a request of a wrong length is answered as not understood, and the next one is answered normally', async () => {
    const { guest, toGuest, ask } = guestWithRawController();
    const handled: unknown[] = [];
    guest.link.receiveMessage('MEM_REQUEST_SET', ({ target }) => void handled.push(target));
    const right = codec.encode({ name: 'MEM_REQUEST_SET', target: 77 }, 3);
    for (const length of [0, 4, 7, 9, 60, 61, 255]) {
      const wrong = right.slice();
      wrong[3] = length;
      ask(wrong);
      expect([...(await next(toGuest))]).toEqual([7, 0, 3, 0, ...Array(60).fill(0)]);
    }
    ask(right);
    expect([...(await next(toGuest))]).toEqual([...right]);
    expect(handled).toEqual([77]);
    expect(guest.link.stats).toMatchObject({ malformedRequests: 7, responsesSent: 8 });
    expect(guest.broken).toEqual([]);
  });

  it('H13: a response of a wrong length rejects its request and no other', async () => {
    const { guest, requests, answer } = guestWithRawController();
    const first = guest.link.request({ name: 'SEQ', n: 1 });
    const response = await next(requests);
    response[3] = 61;
    answer(response);
    await expect(first).rejects.toMatchObject({ code: 'ERR_CTRL_IF_LENGTH' });
    const second = guest.link.request({ name: 'SEQ', n: 2 });
    answer(await next(requests));
    expect(await second).toMatchObject({ n: 2 });
  });

  it('H2: what it writes into a slot after the handler began changes nothing', async () => {
    const { page, guest, toGuest, ask } = guestWithRawController();
    guest.link.receiveMessage('MEM_REQUEST_SET', async ({ target }, request) => {
      page.write(528, new Uint8Array(64).fill(0xee));
      await turn();
      return { target, status: request.id };
    });
    ask(codec.encode({ name: 'MEM_REQUEST_SET', target: 5 }, 6));
    const response = await next(toGuest);
    expect(codec.decode(response)).toEqual({ name: 'MEM_REQUEST_SET', target: 5, status: 6 });
    expect(response[2]).toBe(6);
  });

  it('H12: sees nothing of an earlier message behind a shorter one', async () => {
    const { guest, requests, answer } = guestWithRawController();
    for (let i = 0; i < 8; i++) {
      guest.link.trySend({ name: 'CONSOLE_DATA', data: new Uint8Array(60).fill(0xaa) });
      answer(await next(requests));
    }
    const pending = guest.link.request({ name: 'SHUTDOWN_POWEROFF' });
    const request = await next(requests);
    expect([...request]).toEqual([6, 0, 0, 0, ...Array(60).fill(0)]);
    answer(request);
    await pending;
  });

  it('H7: gets one answer to each of thousands of requests without a receiver, malformed ones among them', async () => {
    const { guest, toGuest, ask } = guestWithRawController();
    const messages = [
      codec.encode({ name: 'SHUTDOWN_SYSRQ', key: 'h' }, 1),
      codec.encode({ name: 'UNKNOWN', type: 250, subtype: 9, data: new Uint8Array(3) }, 2),
      new Uint8Array(64).fill(0xff),
    ];
    for (let i = 0; i < 3000; i++) {
      const message = messages[i % 3]!;
      ask(message);
      const response = await next(toGuest);
      const length = message[0]! >= 11 ? 0x80 : 0;
      expect([...response.subarray(0, 4)]).toEqual([message[0], message[1], message[2], length]);
    }
    expect(guest.link.stats).toMatchObject({ requestsReceived: 3000, responsesSent: 3000, unanswered: 0 });
  });
});
