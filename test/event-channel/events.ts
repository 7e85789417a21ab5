import { afterEach } from 'vitest';
import { OwnEvents } from '../../lib/event-channel/own-events.ts';
import { PeerEvents } from '../../lib/event-channel/peer-events.ts';
import { createEventPage } from '../../lib/page/control-page.ts';
import type { EventPage } from '../../lib/page/page.ts';

export interface Domain {
  page: EventPage;
  own: OwnEvents;
  /** The same domain as its peers see it. */
  peer: PeerEvents;
}

/** Domains of this process: for each its page, its doorbell and its notifier. They are closed when the test ends. */
export function useDomains(): () => Domain {
  const open: Domain[] = [];
  afterEach(() => {
    for (const { page, own, peer } of open.splice(0)) {
      peer.close();
      own.close();
      page.unmap();
    }
  });
  return () => {
    const page = createEventPage('native')!;
    const own = new OwnEvents(page);
    const peer = new PeerEvents(page, { pid: process.pid, doorbell: own.descriptors.doorbell }, false);
    open.push({ page, own, peer });
    return open.at(-1)!;
  };
}
