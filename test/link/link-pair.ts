import { untyped } from '../../lib/link/codec.ts';
import { Link } from '../../lib/link/link.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { type CtrlIfError, createCodec, defineMessage, out, u32 } from '../../lib/wire/index.ts';

export const seq = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
export const ping = defineMessage({ name: 'PING', type: 43 });
export const codec = createCodec([seq, ping]);

/** A control page that exists in this process alone, for links whose other side the test plays itself. */
export function controlPage(): SabPage {
  return SabPage.create(4096);
}

export interface Observed {
  handlerErrors: CtrlIfError[];
  broken: CtrlIfError[];
}

export function openLink(page: SabPage, role: 'guest' | 'controller', notifyPeer: () => void = () => {}) {
  const observed: Observed = { handlerErrors: [], broken: [] };
  const link = new Link({
    page,
    role,
    codec: untyped(codec),
    peerRunsBeside: true,
    notifier: {
      notify: () => {
        notifyPeer();
        return true;
      },
    },
    onHandlerError: (error) => observed.handlerErrors.push(error),
    onBroken: (error) => observed.broken.push(error),
  });
  return { link, ...observed };
}

/** Both ends of a link in one process; a doorbell reaches the other side in the next turn, as over a socket. */
export function linkPair() {
  const page = controlPage();
  const guest = openLink(page, 'guest', () => setImmediate(() => controller.link.notified()));
  const controller = openLink(page, 'controller', () => setImmediate(() => guest.link.notified()));
  guest.link.start();
  controller.link.start();
  return { page, guest, controller };
}
