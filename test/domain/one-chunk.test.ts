/** Peers whose next lines, or whose end, come in one chunk with those by which they are met. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { CtrlIfError, Domain, Guest } from '../../lib/index.ts';
import { listen, useRuntimeDirectory } from './meeting.ts';
import type { Line } from './question-samples.ts';
import { closeRawPeers, guestOfRawController, type RawEnding, rawGuest } from './raw-peers.ts';

closeRawPeers();
const directory = useRuntimeDirectory();

const BYE = { bye: true };
const WELCOME = { welcome: 2, domid: 1, pid: process.pid, startTime: '0' };
const ask = (about: string, question: Line = {}): Line => ({ ask: 7, about, ...question });

/** The ways in which a peer ends the link, and the codes of their errors. */
const ENDINGS: [how: string, options: RawEnding, code: string | undefined][] = [
  ['says bye', { further: [BYE] }, undefined],
  ['says bye and hangs up', { further: [BYE], hangsUp: true }, undefined],
  ['hangs up', { hangsUp: true }, 'ERR_CTRL_IF_PEER_DIED'],
  ['rings, says bye and hangs up', { further: ['\x07\x07', BYE], hangsUp: true }, undefined],
  ['sends no JSON', { further: ['hello\n'] }, 'ERR_CTRL_IF_PEER_PROTOCOL'],
  ['sends a line too long', { further: ['x'.repeat(5000)] }, 'ERR_CTRL_IF_PEER_PROTOCOL'],
  ['sends a line of the handshake too many', { further: [WELCOME] }, 'ERR_CTRL_IF_PEER_PROTOCOL'],
];

/** Settles some microtasks after `promise`, as for a caller within async functions of its own. */
async function throughCallers<T>(promise: Promise<T>, callers = 20): Promise<T> {
  return callers === 0 ? promise : throughCallers(promise, callers - 1);
}

/** The code of the error with which the link ends. */
async function closeOf(end: Guest | Domain): Promise<string | undefined> {
  const [error] = (await once(end, 'close')) as [CtrlIfError | undefined];
  return error?.code;
}

describe('a guest whose controller, in one chunk with the welcome,', () => {
  const meet = (options: RawEnding) => throughCallers(guestOfRawController(directory.path, options));

  it.each(ENDINGS)('%s, gets the end of its link', async (_how, options, code) => {
    const { guest } = await meet(options);
    expect(await closeOf(guest)).toBe(code);
    const request = guest.request({ name: 'SHUTDOWN_POWEROFF' });
    await expect(request).rejects.toMatchObject({ code: code ?? 'ERR_CTRL_IF_PEER_CLOSED' });
    await guest.close();
  });

  it('says bye, may close the link itself', async () => {
    const { guest, controller } = await meet({ further: [BYE] });
    const told = closeOf(guest);
    await guest.close();
    expect([await told, await controller.next()]).toEqual([undefined, BYE]);
    await controller.closed;
  });

  it('asks a question, answers it by the responder that it then registers', async () => {
    const { guest, controller } = await meet({ further: [ask('resume')] });
    guest.controlSocket.answer('resume', () => {});
    expect(await controller.next()).toEqual({ answer: 7 });
  });

  it('says bye and asks a question, does not answer the question', async () => {
    const { guest } = await meet({ further: [BYE, ask('resume')] });
    let asked = 0;
    guest.controlSocket.answer('resume', () => void asked++);
    expect(await closeOf(guest)).toBeUndefined();
    await guest.close();
    expect(asked).toBe(0);
  });
});

it.each([
  ['refuses it', { refused: 'ERR_CTRL_IF_NAME', message: 'no' }, 'ERR_CTRL_IF_NAME'],
  ['speaks another version', { welcome: 99 }, 'ERR_CTRL_IF_HANDSHAKE'],
  ['sends no JSON', 'hello\n', 'ERR_CTRL_IF_HANDSHAKE'],
])('a guest whose controller %s and welcomes it in one chunk has no link', async (_how, first, code) => {
  const met = guestOfRawController(directory.path, { first, further: [WELCOME] });
  await expect(met).rejects.toMatchObject({ code });
});

describe('a domain whose guest, in one chunk with its announcement,', () => {
  const meet = async (options: RawEnding) => {
    const controller = await listen();
    const arrival = once(controller, 'domain') as Promise<[Domain]>;
    const guest = rawGuest(directory.path, options);
    const [domain] = await throughCallers(arrival);
    return { controller, domain, guest };
  };

  it.each(ENDINGS)('%s, gets the end of its link', async (_how, options, code) => {
    const { controller, domain, guest } = await meet(options);
    expect(await closeOf(domain)).toBe(code);
    await (await guest).closed;
    expect(controller.domains.size).toBe(0);
  });

  it('says bye, may be closed where it arrives', async () => {
    const controller = await listen();
    const told = new Promise<string | undefined>((resolve) => {
      controller.once('domain', (domain) => {
        domain.once('close', (error) => resolve(error?.code));
        void domain.close();
      });
    });
    const guest = rawGuest(directory.path, { further: [BYE] });
    expect(await told).toBeUndefined();
    await (await guest).closed;
    expect(controller.domains.size).toBe(0);
  });

  it('asks a question, answers it behind the welcome', async () => {
    const { guest } = await meet({ further: [ask('domain-presence', { domid: 1 })] });
    expect(await (await guest).next()).toMatchObject({ answer: 7, presence: 'connected' });
  });

  it('asks a question, answers it by the responder that is registered when it has arrived', async () => {
    const { domain, guest } = await meet({ further: [ask('suspended')] });
    domain.controlSocket.answer('suspended', () => {});
    expect(await (await guest).next()).toEqual({ answer: 7 });
  });

  it('says bye and asks a question, does not answer the question', async () => {
    const { domain, guest } = await meet({ further: [BYE, ask('suspended')] });
    let asked = 0;
    domain.controlSocket.answer('suspended', () => void asked++);
    expect(await closeOf(domain)).toBeUndefined();
    await (await guest).closed;
    expect(asked).toBe(0);
  });
});
