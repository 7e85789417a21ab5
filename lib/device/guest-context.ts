import type { Guest } from '../domain/guest.ts';
import { CtrlIfError } from '../errors.ts';
import type { BackendContext, EventChannels, FrameOwner, FrontendContext } from './context.ts';

/** Makes the context of a guest's frontends. The guest needs a memory: `Guest.connect({ memory })`. */
export function frontendContext(guest: Guest): FrontendContext {
  return { peer: guest, frames: framesOf(guest), channels: channelsOf(guest) };
}

/** Makes the context of a guest's backends. */
export function backendContext(guest: Guest): BackendContext {
  const frames = { map: (domid: number, frame: number) => guest.mapFrame(domid, frame) };
  return { peer: guest, frames, channels: channelsOf(guest) };
}

/** The controller opens and closes the channels of devices. The domains only listen and notify. */
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
            // The other end is gone. The controller reports that by a status.
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
   * Frames that a backend still maps after the controller has reported DISCONNECTED, each with that backend's domain. The domain is dead or
   * dying, or the controller no longer waits for its answer.
   */
  const lingering = new Map<number, { readonly domid: number }>();
  const tryEndAccess = (frame: number): boolean => {
    try {
      memory.endAccess(frame);
      return true;
    } catch (error) {
      if (!(error instanceof CtrlIfError) || error.code !== 'ERR_CTRL_IF_FRAME_IN_USE') throw error;
      return false;
    }
  };
  const release = (frame: number) => {
    lingering.delete(frame);
    memory.free(frame);
  };
  const releaseAtEnd = async (frame: number, backend: { readonly domid: number }) => {
    await controlSocket.ask('domain-end', backend);
    // The frame may have been released meanwhile, and linger for another backend now.
    if (lingering.get(frame) !== backend) return;
    await guest.reclaimFrames(backend.domid);
    if (lingering.get(frame) === backend) release(frame);
  };
  return {
    allocate: () => {
      for (const frame of lingering.keys()) if (tryEndAccess(frame)) release(frame);
      return memory.allocate();
    },
    frame: (frame) => memory.frame(frame),
    grantAccess: (frame, domid) => memory.grantAccess(frame, domid),
    endAccess: (frame, domid) => {
      if (tryEndAccess(frame)) return;
      const backend = { domid };
      lingering.set(frame, backend);
      // Ignored: when the controller is gone, no domain can use the frame.
      releaseAtEnd(frame, backend).catch(() => {});
    },
    free: (frame) => {
      if (!lingering.has(frame)) memory.free(frame);
    },
  };
}
