/** Peers that say anything over the control socket: the receiver and all other domains keep their state. */
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { QUESTIONS, type QuestionName } from '../../lib/domain/questions.ts';
import type { Domain } from '../../lib/index.ts';
import { newPageName, pagePath } from '../../lib/page/name.ts';
import { testsNative } from '../support/engines.ts';
import { connectGuest, listen, useRuntimeDirectory } from './meeting.ts';
import { type Line, mistakesIn, SAMPLES } from './question-samples.ts';
import { announcer, closeRawPeers, guestOfRawController, rawGuest } from './raw-peers.ts';

closeRawPeers();
const directory = useRuntimeDirectory();
const NAMES = Object.keys(QUESTIONS) as QuestionName[];
const askedBy = (role: 'guest' | 'controller') => NAMES.filter((name) => QUESTIONS[name].askedBy === role);

const NESTED = `${'['.repeat(2000)}${']'.repeat(2000)}`;
const protocol = expect.objectContaining({ code: 'ERR_CTRL_IF_PEER_PROTOCOL' });

/** A controller, an honest guest, and one whose socket is the test's. */
async function withRawGuest() {
  const controller = await listen();
  const honest = await connectGuest();
  const arrival = once(controller, 'domain') as Promise<[Domain]>;
  const raw = await rawGuest(directory.path);
  const [domain] = await arrival;
  const isUnharmed = async () => {
    expect(await honest.controlSocket.ask('domain-presence', { domid: honest.domid })).toMatchObject({
      presence: 'connected',
    });
    expect((await honest.request({ name: 'SHUTDOWN_POWEROFF' })).name).toBe('SHUTDOWN_POWEROFF');
  };
  return { controller, raw, domain, isUnharmed };
}

describe('a controller', () => {
  it.each(askedBy('guest').map((name) => [name]))('outlives every mistake that a guest makes in %s', async (name) => {
    const { raw, domain, controller, isUnharmed } = await withRawGuest();
    const asked: unknown[] = [];
    const ofMachines = ['domain-end', 'suspended', 'disk-target', 'disk-refused', 'device-crossed'].includes(name);
    if (ofMachines) domain.controlSocket.answer(name as 'domain-end', (question) => void asked.push(question));
    for (const [what, wrong] of mistakesIn(SAMPLES[name].question)) {
      const answer = await raw.ask(name, wrong);
      expect([what, answer.failed]).toEqual([what, 'ERR_CTRL_IF_PEER_PROTOCOL']);
    }
    expect(asked).toEqual([]);
    expect(controller.domains.get(raw.domid)).toBe(domain);
    await isUnharmed();
  });

  it('outlives a guest that announces a page whose name is a directory, and hangs up', async () => {
    const { controller, isUnharmed } = await withRawGuest();
    const page = newPageName();
    mkdirSync(pagePath(page));
    try {
      const refused = once(controller, 'refused');
      const peer = await announcer(directory.path, page);
      peer.end();
      expect(await refused).toMatchObject([{ code: 'ERR_CTRL_IF_PAGE_SYSTEM' }]);
      await peer.closed;
      await isUnharmed();
    } finally {
      rmdirSync(pagePath(page));
    }
  });

  it('says farewell to a guest that reads it only after it has written', async () => {
    const { controller, raw } = await withRawGuest();
    raw.pause();
    const closed = controller.close();
    // The farewell is in the kernel by then, and the guest writes as if it did not know.
    for (let turns = 0; turns < 5; turns++) await turn();
    raw.send('\x07');
    for (let turns = 0; turns < 5; turns++) await turn();
    raw.resume();
    expect(await raw.next()).toEqual({ bye: true });
    await closed;
  });

  it('outlives a guest whose questions are deeply nested', async () => {
    const { raw, isUnharmed } = await withRawGuest();
    expect(await raw.ask('port-close', { port: JSON.parse('['.repeat(1900) + ']'.repeat(1900)) })).toMatchObject({
      failed: 'ERR_CTRL_IF_PEER_PROTOCOL',
    });
    await isUnharmed();
  });

  it.each([
    ['that is nested and nothing else', `${NESTED}\n`],
    ['without a number', '{"about":"port-close","port":2}\n'],
    ['with a number that is none', '{"ask":1e300,"about":"port-close","port":2}\n'],
    ['that answers what was not asked', '{"answer":1}\n'],
    ['that is an array', '[1]\n'],
    ['that is too long', `{"ask":1,"about":"${'x'.repeat(5000)}"}\n`],
  ])('ends the link of a guest that sends a line %s', async (_, line) => {
    const { raw, domain, isUnharmed } = await withRawGuest();
    const told = once(domain, 'close');
    raw.send(line);
    expect(await told).toEqual([protocol]);
    await raw.closed;
    await isUnharmed();
  });

  it.each(askedBy('controller').map((name) => [name]))(
    'ends the link of a guest that answers %s with a mistake',
    async (name) => {
      const { raw, domain, isUnharmed } = await withRawGuest();
      const told = once(domain, 'close');
      const answer = domain.controlSocket.ask(name as 'resume', SAMPLES[name].question);
      const rejected = expect(answer).rejects.toEqual(protocol);
      const { ask } = await raw.next();
      raw.send({ answer: ask, more: 1 });
      await rejected;
      expect((await told)[0]).toMatchObject({ message: expect.stringMatching(/sent .*"more".* over the socket/) });
      await isUnharmed();
    },
  );

  it('ends the link of a guest that asks more at once than is answered at once', async () => {
    const { raw, domain, isUnharmed } = await withRawGuest();
    const told = once(domain, 'close');
    domain.controlSocket.answer('suspended', () => new Promise(() => {}));
    raw.send(...Array.from({ length: 1025 }, (_, i): Line => ({ ask: i, about: 'suspended' })));
    expect(await told).toEqual([protocol]);
    await isUnharmed();
  });

  it('ends the link of a guest that asks without end and reads no answer', async () => {
    const { raw, domain, isUnharmed } = await withRawGuest();
    const told = once(domain, 'close');
    let isOver = false;
    told.then(() => {
      isOver = true;
    });
    raw.pause();
    // Each batch is answered before the next, so that never too many wait at once.
    for (let batch = 0; !isOver; batch++) {
      expect(batch).toBeLessThan(10_000);
      raw.send(
        ...Array.from({ length: 100 }, (_, i): Line => ({ ask: i, about: 'port-close', port: 'x'.repeat(300) })),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await told)[0]).toMatchObject({ message: expect.stringMatching('read no answer') });
    await isUnharmed();
  });
});

describe('a guest', () => {
  const served = askedBy('controller');

  it.each(served.map((name) => [name]))('outlives every mistake that its controller makes in %s', async (name) => {
    const { guest, controller } = await guestOfRawController(directory.path);
    // Only the guest that comes with ctrl-if answers this one.
    if (name === 'console-answered') guest.controlSocket.answer(name, () => expect.fail('a wrong question was taken'));
    if (name === 'resume') {
      guest.suspended().catch(() => {});
      await controller.next();
    }
    for (const [what, wrong] of mistakesIn(SAMPLES[name].question)) {
      const answer = await controller.ask(name, wrong);
      // With the file engine it has no ports, and no responder for them.
      const codes = guest.engine === 'file' ? /PEER_PROTOCOL|NOT_UNDERSTOOD/ : /PEER_PROTOCOL/;
      expect([what, answer.failed]).toEqual([what, expect.stringMatching(codes)]);
    }
    expect(await controller.ask('domain-gone', { domid: 5 })).toEqual({ answer: 1 });
  });

  it.each(askedBy('guest').map((name) => [name]))(
    'ends its link with a controller that answers %s with a mistake',
    async (name) => {
      const [, wrong] = mistakesIn(SAMPLES[name].answer).next().value as [string, Line];
      const { guest, controller } = await guestOfRawController(directory.path);
      const told = once(guest, 'close');
      const answer = guest.controlSocket.ask(name as 'port-alloc', SAMPLES[name].question as never);
      const rejected = expect(answer).rejects.toEqual(protocol);
      const { ask } = await controller.next();
      controller.send({ answer: ask, ...wrong });
      await rejected;
      expect(await told).toEqual([protocol]);
    },
  );

  it.runIf(testsNative)('ends its link with a controller that answers with a failure that is none', async () => {
    const { guest, controller } = await guestOfRawController(directory.path);
    const told = once(guest, 'close');
    const answer = guest.mapFrame(3, 2);
    const rejected = expect(answer).rejects.toEqual(protocol);
    const { ask } = await controller.next();
    controller.send({ answer: ask, failed: { toString: 1 }, message: [] });
    await rejected;
    expect(await told).toEqual([protocol]);
  });

  it('ends its link with a controller that asks without end', async () => {
    const { guest, controller } = await guestOfRawController(directory.path);
    const told = once(guest, 'close');
    guest.controlSocket.answer('resume', () => new Promise(() => {}));
    controller.send(...Array.from({ length: 1025 }, (_, i): Line => ({ ask: i, about: 'resume' })));
    expect(await told).toEqual([protocol]);
  });

  it.runIf(testsNative)(
    'finds no memory where its controller says that it is, if that is a lie, and lives on',
    async () => {
      const { guest, controller } = await guestOfRawController(directory.path);
      const lies = [
        { pid: 1, descriptor: 0, device: 0, inode: 0 },
        { pid: process.pid, descriptor: 0, device: 2 ** 64, inode: 2 ** 64 },
        { pid: 0x7fff_ffff, descriptor: 0x7fff_ffff, device: 1, inode: 1 },
      ];
      for (const lie of lies) {
        const mapped = guest.mapFrame(3, 2);
        const rejected = expect(mapped).rejects.toMatchObject({ code: expect.stringMatching(/_DOMAIN$|_PAGE_/) });
        const { ask } = await controller.next();
        controller.send({ answer: ask, ...lie });
        await rejected;
      }
      expect(await controller.ask('domain-gone', { domid: 3 })).toEqual({ answer: 1 });
    },
  );
});
