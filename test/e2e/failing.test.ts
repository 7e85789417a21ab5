/** What becomes of a link, and of the process, when a receiver fails or refuses. */
import { afterEach, describe, expect, it } from 'vitest';
import { namedEngines } from '../support/engines.ts';
import { PeerProcess, useProcesses } from './peer-process.ts';

useProcesses();

const TOO_LARGE = 70_000;
const FAILED = { type: 'CtrlIfError', code: 'ERR_CTRL_IF_HANDLER' };
const REFUSED = { type: 'RequestError', code: 'ZERO', message: 'give more than 0' };

let controller: PeerProcess;
let guest: PeerProcess;

async function meet(options: { listens?: boolean } = {}, engine: 'native' | 'file' = namedEngines[0]!): Promise<void> {
  controller = new PeerProcess('controller', 'e2e', engine, { script: 'failing', options });
  await controller.heard('listening');
  guest = new PeerProcess('guest', 'e2e', engine, { script: 'failing' });
  await guest.heard('connected');
  await controller.heard('joined');
}

/** The link lives on to its orderly end. */
afterEach(async () => {
  expect(await guest.ask('ask', { message: 'SQUARE', n: 3 })).toMatchObject({ result: 9 });
  await guest.ask('close');
  await Promise.all([guest, controller].map((peer) => peer.exited()));
  expect([guest, controller].map(({ child }) => child.exitCode)).toEqual([0, 0]);
});

describe.each(['SQUARE', 'CUBE'])('a receiver of %s, which fails', (message) => {
  it('answers with a failure, and its process warns once with the stack without a listener for errors', async () => {
    await meet();
    for (const order of ['ask', 'ask', 'askSync']) {
      expect(await guest.ask(order, { message, n: TOO_LARGE })).toMatchObject(FAILED);
    }
    const { warnings, errors, received } = await controller.ask('seen');
    expect(warnings).toMatchObject([{ type: 'CtrlIfWarning', code: 'CTRL_IF_HANDLER' }]);
    const [{ message: sentence, detail }] = warnings as [{ message: string; detail: string }];
    expect(sentence).toContain(`the receiver of ${message} failed: ${message}: result`);
    expect(detail).toMatch(/\n {4}at /);
    expect({ errors, received }).toEqual({ errors: [], received: 3 });
  });

  it("calls a listener of 'error' each time, and survives its exceptions", async () => {
    await meet({ listens: true });
    for (let i = 0; i < 2; i++) expect(await guest.ask('ask', { message, n: TOO_LARGE })).toMatchObject(FAILED);
    const { warnings, errors } = await controller.ask('seen');
    const failure = expect.stringContaining(`${message}: result`);
    const thrown = 'uncaught: a listener that throws';
    expect(errors).toEqual([failure, thrown, failure, thrown]);
    expect(warnings).toEqual([]);
  });
});

describe.each(namedEngines)('a guest with the %s engine', (engine) => {
  it('distinguishes a refusal, a failure and a message without a receiver', async () => {
    await meet({}, engine);
    for (const order of ['ask', 'askSync']) {
      for (const message of ['SQUARE', 'CUBE']) {
        expect(await guest.ask(order, { message, n: 0 })).toMatchObject(REFUSED);
        expect(await guest.ask(order, { message, n: TOO_LARGE })).toMatchObject(FAILED);
      }
    }
    expect(await guest.ask('askNobody')).toMatchObject({ type: 'CtrlIfError', code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
  });
});
