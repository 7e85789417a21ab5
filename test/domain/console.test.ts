import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { meet, useRuntimeDirectory } from './meeting.ts';

useRuntimeDirectory();

describe('the console', () => {
  it('carries bytes both ways, in messages of at most 60', async () => {
    const { domain, guest } = await meet();
    const sizes: number[] = [];
    const before = domain.receive('CONSOLE_DATA', ({ data }) => {
      sizes.push(data.length);
      return { data: new Uint8Array(0) };
    });
    guest.console.write(Buffer.alloc(150, 1));
    while (sizes.length < 3) await turn();
    expect(sizes).toEqual([60, 60, 30]);
    before();

    domain.console.setEncoding('utf8');
    guest.console.setEncoding('utf8');
    guest.console.write('login: ');
    expect(await once(domain.console, 'data')).toEqual(['login: ']);
    domain.console.write('root\n');
    expect(await once(guest.console, 'data')).toEqual(['root\n']);
  });

  it('delivers every byte of a megabyte to a slow reader', async () => {
    const { domain, guest } = await meet();
    const sent = randomBytes(1 << 20);
    const received: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of domain.console) {
        received.push(chunk as Buffer);
        if (received.length % 64 === 0) await turn();
      }
    })();
    guest.console.end(sent);
    await once(guest.console, 'finish');
    await guest.close();
    await reading;
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('H10: a reader that does not read stops the writer, and nothing else', async () => {
    const { domain, guest } = await meet();
    domain.receive('SEQ', ({ n }) => ({ answer: n }));
    const reader = domain.console;
    const sent = randomBytes(200_000);
    const written = once(guest.console, 'finish');
    guest.console.end(sent);
    while (reader.readableLength < reader.readableHighWaterMark) await turn();
    // The reader is full and the writer held up; the ring is not.
    for (let n = 0; n < 100; n++) expect(await guest.request({ name: 'SEQ', n })).toMatchObject({ answer: n });
    expect(guest.console.writableFinished).toBe(false);
    const received: Buffer[] = [];
    reader.on('data', (chunk) => received.push(chunk));
    await written;
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('acknowledges and drops data before its first use', async () => {
    const { domain, guest } = await meet();
    guest.console.end('into the void');
    await once(guest.console, 'finish');
    expect(domain.stats.unclaimedRequests).toBe(1);
  });

  it('ends with the link, and a later write fails', async () => {
    const { domain, guest } = await meet();
    const ended = once(domain.console.resume(), 'end');
    await guest.close();
    await ended;
    const failed = once(domain.console, 'error');
    domain.console.write('hello?');
    expect((await failed)[0]).toMatchObject({ code: 'ERR_CTRL_IF_PEER_CLOSED' });
  });

  it('ends at once when the link has ended before its first use', async () => {
    const { guest } = await meet();
    await guest.close();
    await once(guest.console.resume(), 'end');
    const failed = once(guest.console, 'error');
    guest.console.write('hello?');
    expect((await failed)[0]).toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' });
  });

  it('has one owner: a receiver of CONSOLE_DATA cannot join it', async () => {
    const { guest } = await meet();
    expect(guest.console).toBe(guest.console);
    expect(() => guest.receive('CONSOLE_DATA', () => {})).toThrow(
      expect.objectContaining({ code: 'ERR_CTRL_IF_RECEIVER_EXISTS' }),
    );
  });
});
