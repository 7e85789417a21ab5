import { CtrlIfError } from '../errors.ts';
import { checkDomid } from '../event-channel/registry.ts';
import type { DomainMemory } from '../memory/domain-memory.ts';
import type { ControlSocket } from './control-socket.ts';

/**
 * Tells the controller that the page says something new of this guest's memory. One telling is under way at most, and the
 * last change is always told: however fast a memory grows, the socket carries no more than the controller takes.
 */
export function reportMemory(memory: DomainMemory, controlSocket: ControlSocket<'guest'>): void {
  let underWay = false;
  let untold = false;
  const report = (): void => {
    untold = underWay;
    if (underWay) return;
    underWay = true;
    controlSocket.ask('memory-progress', {}).then(
      () => {
        underWay = false;
        if (untold) report();
      },
      // The conversation is over.
      () => {},
    );
  };
  memory.setListener(report);
}

/** {@link DomainMemory.endAllAccess}, on the controller's word that nothing is left of that domain. */
export async function reclaimFrames(
  memory: DomainMemory,
  controlSocket: ControlSocket<'guest'>,
  domid: number,
): Promise<number[]> {
  checkDomid(domid);
  const answer = await controlSocket.ask('domain-presence', { domid });
  if (answer.presence === 'gone') return memory.endAllAccess(domid);
  throw new CtrlIfError(
    'ERR_CTRL_IF_FRAME_IN_USE',
    answer.presence === 'connected'
      ? `domain ${domid} is connected and may have frames mapped; have it unmap them and end its access to each`
      : `the link of domain ${domid} has ended, but its process ${answer.pid} runs and may have frames mapped; end that first`,
    { domid },
  );
}

/** What is said of a guest that has a control page and nothing else. */
export function noMemory(who: string, domid: number): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_NO_MEMORY', `${who} has no memory beside its control page`, {
    advice: 'connect it with one: Guest.connect({ memory: { frames } })',
    domid,
  });
}
