/** The lines before the first question and after the last, as peers may send them. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  announcementLine,
  isBye,
  parseAnnouncement,
  parseReady,
  parseWelcome,
  readyLine,
  refusalLine,
  welcomeLine,
} from '../../lib/domain/handshake.ts';
import { CtrlIfError, type Domain } from '../../lib/index.ts';
import { newPageName } from '../../lib/page/name.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import { listen, useRuntimeDirectory } from './meeting.ts';
import { type Line, mistakesIn } from './question-samples.ts';
import { closeRawPeers, guestOfRawController, rawGuest } from './raw-peers.ts';

closeRawPeers();
const directory = useRuntimeDirectory();

const owner = { ...processIdentity(), thread: 4321 };
const asSent = (line: object): Line => JSON.parse(JSON.stringify(line));
/** Those of {@link mistakesIn} that are mistakes in a handshake as well, which ignores fields that it does not know. */
const mistakes = (line: Line) =>
  [...mistakesIn(line)].filter(([what]) => !/with (extra|constructor|toString|__)/.test(what));

const announcement = {
  page: newPageName(),
  nonce: Buffer.alloc(16, 7),
  owner,
  token: 'a token',
  definitions: '0123456789abcdef',
};
const events = { page: 3, doorbell: 4 };
const memory = { pid: owner.pid, descriptor: 5, device: 26, inode: 99 };
const welcome = { domid: 7, controller: owner, events: { ...events, port: 9 } };

const LINES: readonly [string, Line, (line: Line) => unknown, unknown][] = [
  ['announcement', asSent(announcementLine(announcement)), parseAnnouncement, announcement],
  ['ready', asSent(readyLine({ events, memory })), (line) => parseReady(line, owner), { events, memory }],
  [
    'welcome',
    asSent(welcomeLine(welcome)),
    parseWelcome,
    { domid: 7, pid: owner.pid, thread: 4321, events: welcome.events },
  ],
];

describe.each(LINES)('the line %s', (_, line, parse, said) => {
  it('is understood as it was meant, and whatever else it says is ignored', () => {
    expect(parse(line)).toEqual(said);
    expect(parse(JSON.parse(JSON.stringify(line).replace(/}$/, ',"later":1,"__proto__":{"token":5}}')))).toEqual(said);
  });

  it('is refused for each mistake, by the name of the field', () => {
    // What may be missing.
    const optional = /^without (token|events|memory|thread|definitions)$/;
    for (const [what, wrong] of mistakes(line).filter(([what]) => !optional.test(what))) {
      expect(() => parse(wrong), what).toThrow(
        expect.objectContaining({
          code: 'ERR_CTRL_IF_HANDSHAKE',
          message: expect.stringMatching(/expected .*run the same release/),
        }),
      );
    }
  });
});

describe('a refusal', () => {
  it('is the error that the controller has thrown, cut to what a line has room for', () => {
    const error = new CtrlIfError('ERR_CTRL_IF_DESCRIPTORS', '\x00'.repeat(5000));
    expect(JSON.stringify(refusalLine(error)).length).toBeLessThan(4096);
    expect(() => parseWelcome(asSent(refusalLine(error)))).toThrow(expect.objectContaining({ code: error.code }));
  });

  it('is none without a code and a sentence', () => {
    for (const wrong of [{ refused: 'no' }, { refused: 5, message: '' }, { refused: 'ERR_CTRL_IF_NAME' }]) {
      expect(() => parseWelcome(wrong)).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_HANDSHAKE' }));
    }
  });
});

describe('a bye', () => {
  it('is that and nothing like it', () => {
    expect([{ bye: true }, { bye: 1 }, { bye: 'true' }, {}, { bye: false }].map(isBye)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('that is none ends the link with an error', async () => {
    const controller = await listen();
    const arrival = once(controller, 'domain') as Promise<[Domain]>;
    const raw = await rawGuest(directory.path);
    const told = once((await arrival)[0], 'close');
    raw.send({ bye: 1 });
    expect(await told).toMatchObject([{ code: 'ERR_CTRL_IF_PEER_PROTOCOL' }]);
  });
});

it('a guest believes no welcome with a mistake, and leaves nothing', async () => {
  const bad = { domid: -1, pid: 1e300, events: { page: 0, doorbell: 0, port: 1 } };
  for (const [field, value] of Object.entries(bad)) {
    await expect(guestOfRawController(directory.path, { welcome: { [field]: value } })).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_HANDSHAKE',
      message: expect.stringContaining(field),
    });
  }
});
