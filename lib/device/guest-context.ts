import type { Guest } from '../domain/guest.ts';
import { CtrlIfError } from '../errors.ts';
import type { BackendContext, EventChannels, FrameOwner, FrontendContext } from './context.ts';

/** What a guest with a memory gives its frontends. */
export function frontendContext(guest: Guest): FrontendContext {
  return { peer: guest, frames: framesOf(guest), channels: channelsOf(guest) };
}

/** What a guest gives its backends: other domains' frames, which the controller lets it find, and channels. */
export function backendContext(guest: Guest): BackendContext {
  const frames = { map: (domid: number, frame: number) => guest.mapFrame(domid, frame) };
  return { peer: guest, frames, channels: channelsOf(guest) };
}

/** The controller opens and closes the channels of devices; their domains only listen and notify. */
function channelsOf({ channels }: Guest): EventChannels {
  return {
    bind: (port, onNotify) => {
      const channel = channels.get(port);
      channel.onNotify(onNotify);
      return {
        get isOpen() {
          return channels.has(channel);
        },
        notify: () => {
          try {
            channel.notify();
          } catch (error) {
            // Its other end has gone, of which the controller tells.
            const gone = ['ERR_CTRL_IF_PORT_NOT_BOUND', 'ERR_CTRL_IF_PEER_DIED'];
            if (!(error instanceof CtrlIfError) || !gone.includes(error.code)) throw error;
          }
        },
        close: () => channels.has(channel) && channels.discard(port),
      };
    },
  };
}

function framesOf(guest: Guest): FrameOwner {
  const { memory, controlSocket } = guest;
  /**
   * Frames that a backend still maps though its controller says that it is done, each with whom: dead, about to be, or one whose
   * answer the controller has given up.
   */
  const lingering = new Map<number, { readonly domid: number }>();
  const isGivenBack = (frame: number): boolean => {
    try {
      memory.endAccess(frame);
      return true;
    } catch (error) {
      if (!(error instanceof CtrlIfError) || error.code !== 'ERR_CTRL_IF_FRAME_IN_USE') throw error;
      return false;
    }
  };
  const letGo = (frame: number) => {
    lingering.delete(frame);
    memory.free(frame);
  };
  const untilGone = async (frame: number, who: { readonly domid: number }) => {
    await controlSocket.ask('domain-end', who);
    // It may have been given back since, and linger for another by now.
    if (lingering.get(frame) !== who) return;
    await guest.reclaimFrames(who.domid);
    if (lingering.get(frame) === who) letGo(frame);
  };
  return {
    allocate: () => {
      for (const frame of lingering.keys()) if (isGivenBack(frame)) letGo(frame);
      return memory.allocate();
    },
    frame: (frame) => memory.frame(frame),
    grantAccess: (frame, domid) => memory.grantAccess(frame, domid),
    endAccess: (frame, domid) => {
      if (isGivenBack(frame)) return;
      const who = { domid };
      lingering.set(frame, who);
      // Without a controller there is nobody to map anything either.
      untilGone(frame, who).catch(() => {});
    },
    free: (frame) => {
      if (!lingering.has(frame)) memory.free(frame);
    },
  };
}
