import type { Guest } from '../domain/guest.ts';
import { CtrlIfError } from '../errors.ts';
import type { BackendSurroundings, EventChannels, FrameOwner, FrontendSurroundings } from './surroundings.ts';

/** What a guest with a memory gives its frontends. */
export function frontendSurroundings(guest: Guest): FrontendSurroundings {
  return { peer: guest, frames: framesOf(guest), channels: channelsOf(guest) };
}

/** What a guest gives its backends: other domains' frames, which the controller lets it find, and channels. */
export function backendSurroundings(guest: Guest): BackendSurroundings {
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
        close: () => channels.has(channel) && channels.forget(port),
      };
    },
  };
}

function framesOf(guest: Guest): FrameOwner {
  const { memory, side } = guest;
  /** Frames that a backend still maps though its controller says that it is done: it is dead, or about to be. */
  const lingering = new Set<number>();
  const letGo = async (frame: number, domid: number) => {
    await side.ask('domain-end', { domid });
    await guest.reclaimFrames(domid);
    lingering.delete(frame);
    memory.free(frame);
  };
  return {
    allocate: () => memory.allocate(),
    frame: (frame) => memory.frame(frame),
    offer: (frame, domid) => memory.offer(frame, domid),
    revoke: (frame, domid) => {
      try {
        memory.revoke(frame);
      } catch (error) {
        if (!(error instanceof CtrlIfError) || error.code !== 'ERR_CTRL_IF_FRAME_IN_USE') throw error;
        lingering.add(frame);
        // Without a controller there is nobody to map anything either.
        letGo(frame, domid).catch(() => {});
      }
    },
    free: (frame) => {
      if (!lingering.has(frame)) memory.free(frame);
    },
  };
}
