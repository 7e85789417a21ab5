/** The addon's event channels, and segments found by number. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { loadAddon, type NativeSegment } from '../../lib/page/addon.ts';
import { unlinkPage } from '../../lib/page/name.ts';
import { PAGE_ASLEEP } from '../../lib/wire/page.ts';
import { codeOf } from '../support/code-of.ts';
import { testsNative } from '../support/engines.ts';
import { holdsOf, usePages } from '../support/pages.ts';
import { pump, usePeers } from '../support/peer.ts';

const SELECTOR = 2816;
const PENDING = 3072;
const MASK = 3584;

const pages = usePages();
const peer = usePeers();
const segments: NativeSegment[] = [];
afterEach(() => {
  for (const segment of segments.splice(0)) segment.unmap();
});

const native = () => loadAddon().addon!;

function keep(segment: NativeSegment): NativeSegment {
  segments.push(segment);
  return segment;
}

function channels(bytes = 4096, room = 64) {
  const page = keep(native().createSegment(pages.name(), bytes));
  const ports = new Uint32Array(room);
  return { page, ports, events: page.openEvents(ports) };
}

describe.runIf(testsNative)('event channels', () => {
  it('lie where the page layout says', () => {
    const { page, events } = channels();
    page.armWakeup(PAGE_ASLEEP);
    expect(events.notify(1057)).toBe(1);
    expect(page.load32(PAGE_ASLEEP)).toBe(0);
    expect(page.load32(PENDING + 33 * 4)).toBe(2);
    expect(page.load32(SELECTOR + 4)).toBe(2);
    events.mask(4095);
    expect(page.load32(MASK + 127 * 4)).toBe(0x80000000);
  });

  it('ring once a sleep, coalesce, and hold back masked events', () => {
    const { page, ports, events } = channels();
    page.armWakeup(PAGE_ASLEEP);
    expect([events.notify(7), events.notify(7), events.notify(8)]).toEqual([1, 0, 0]);
    events.mask(8);
    expect([events.status(7), events.status(8), events.status(9)]).toEqual([1, 3, 0]);
    expect(events.collect(64)).toBe(1);
    expect(ports[0]).toBe(7);
    expect(events.unmask(7)).toBe(0);
    expect(events.unmask(8)).toBe(1);
    expect(events.collect(64)).toBe(1);
    expect(ports[0]).toBe(8);
    expect(events.collect(64)).toBe(0);
  });

  it('report each port that was notified and is not masked, once, for any limit of a call', () => {
    const port = fc.nat(4095);
    fc.assert(
      fc.property(fc.uniqueArray(port), fc.uniqueArray(port), fc.integer({ min: 1, max: 80 }), (fire, mask, max) => {
        const { page, ports, events } = channels();
        for (const one of mask) events.mask(one);
        for (const one of fire) events.notify(one);
        const told: number[] = [];
        for (let count = events.collect(max); count > 0; count = events.collect(max)) {
          expect(count).toBeLessThanOrEqual(Math.min(max, ports.length));
          told.push(...ports.subarray(0, count));
        }
        expect(told.toSorted((a, b) => a - b)).toEqual(
          fire.filter((one) => !mask.includes(one)).toSorted((a, b) => a - b),
        );
        page.unmap();
      }),
    );
  });

  it('refuse values that are no port, no array and no page', () => {
    const { page, events } = channels();
    for (const call of [events.notify, events.mask, events.unmask, events.status]) {
      for (const wrong of [4096, -1, 2 ** 31]) expect(codeOf(() => call(wrong))).toBe('ERR_OUT_OF_RANGE');
      for (const wrong of ['1', undefined, {}, 1n]) {
        expect(codeOf(() => call(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
      }
    }
    expect(codeOf(() => events.collect(-1))).toBe('ERR_OUT_OF_RANGE');
    for (const wrong of [new Int32Array(4), new Uint8Array(4), [], new Uint32Array(new SharedArrayBuffer(16))]) {
      expect(codeOf(() => page.openEvents(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(codeOf(() => channels(4092))).toBe('ERR_OUT_OF_RANGE');
    page.unmap();
    expect(codeOf(() => events.notify(1))).toBe('ECLOSED');
    expect(codeOf(() => events.collect(1))).toBe('ECLOSED');
    expect(codeOf(() => page.openEvents(new Uint32Array(4)))).toBe('ECLOSED');
  });
});

describe.runIf(testsNative)('a segment found by number', () => {
  it('is the requested part, with or without a name', () => {
    const name = pages.name();
    const whole = keep(native().createSegment(name, 8192, true));
    expect(whole.fd).toBeGreaterThanOrEqual(0);
    unlinkPage(name);
    const second = keep(native().openSegmentAt(process.pid, whole.fd, 4096, 4096));
    expect([second.bytes, second.fd, second.mode, second.uid]).toEqual([4096, -1, 0o600, whole.uid]);
    whole.store32(4096 + 8, 77);
    expect(second.load32(8)).toBe(77);
    expect(codeOf(() => second.load32(4096))).toBe('ERR_OUT_OF_RANGE');
  });

  it('is refused when it is another file, too short or gone', () => {
    const name = pages.name();
    const open = native().openSegmentAt;
    const { fd, unmap } = keep(native().createSegment(name, 4096, true));
    expect(codeOf(() => open(process.pid, fd, 0, 4097))).toBe('ETRUNCATED');
    expect(codeOf(() => open(process.pid, fd, 4096, 4096))).toBe('ETRUNCATED');
    expect(codeOf(() => open(process.pid, fd, 4, 4))).toBe('EINVAL');
    expect(codeOf(() => open(process.pid, fd, 0, 0))).toBe('EINVAL');
    expect(codeOf(() => open(process.pid, fd, -4096, 4096))).toBe('ERR_INVALID_ARG_TYPE');
    const bell = native().openDoorbell(() => {});
    expect(codeOf(() => open(process.pid, bell.writeFd, 0, 4096))).toBe('EKIND');
    bell.close();
    unmap();
    expect(holdsOf(name)).toEqual([]);
    expect(codeOf(() => open(process.pid, 2 ** 20, 0, 4096))).toBe('ENOENT');
  });

  it('keeps no descriptor unless requested', () => {
    const name = pages.name();
    expect(keep(native().createSegment(name, 4096)).fd).toBe(-1);
    expect(keep(native().openSegment(name, 4096)).fd).toBe(-1);
    expect(holdsOf(name).filter((hold) => hold.startsWith('fd'))).toEqual([]);
  });

  it('wakes a process whose page has no name, for every event, and keeps the page when that process dies', async () => {
    const ports = [1, 40, 4095];
    const child = peer('doorbell', { role: 'sleeper', name: pages.name(), ports });
    const { fd, bell } = await child.next<{ fd: number; bell: number }>();
    const page = keep(native().openSegmentAt(child.pid, fd, 0, 8192));
    const ringer = native().openRinger(child.pid, bell);
    const events = page.openEvents(new Uint32Array(1));
    let rung = 0;
    for (let sent = 1; sent <= 300; sent++) {
      if (events.notify(ports[sent % 3]!) === 1) {
        rung++;
        ringer.ring();
      }
      await pump(child, () => page.load32(0) === sent, 10_000);
    }
    expect(rung).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await child.exited;
    ringer.ring();
    expect(page.load32(0)).toBe(300);
    ringer.close();
  });
});
