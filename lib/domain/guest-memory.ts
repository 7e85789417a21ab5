import { CtrlIfError } from '../errors.ts';
import { checkDomid } from '../event-channel/registry.ts';
import type { DomainMemory } from '../memory/domain-memory.ts';
import type { ControlSocket } from './control-socket.ts';

/**
 * Reports changes of the memory status in the page to the controller. At most one report is open, and the last change is always reported,
 * so that a memory that grows fast sends no more reports than the controller takes.
 */
export function reportMemory(memory: DomainMemory, controlSocket: ControlSocket<'guest'>): void {
  let reporting = false;
  let changed = false;
  const report = (): void => {
    changed = reporting;
    if (reporting) return;
    reporting = true;
    controlSocket.ask('memory-progress', {}).then(
      () => {
        reporting = false;
        if (changed) report();
      },
      // The link has ended.
      () => {},
    );
  };
  memory.setListener(report);
}

/** As {@link DomainMemory.endAllAccess}, after the controller has stated that the domain is gone. */
export async function reclaimFrames(
  memory: DomainMemory,
  controlSocket: ControlSocket<'guest'>,
  domid: number,
): Promise<number[]> {
  checkDomid(domid);
  const answer = await controlSocket.ask('domain-presence', { domid });
  if (answer.presence === 'gone') return memory.endAllAccess(domid);
  const [sentence, advice] =
    answer.presence === 'connected'
      ? [`domain ${domid} is connected and may have frames mapped`, 'have it unmap them, and end its access to each']
      : [
          `the link of domain ${domid} has ended, but its process ${answer.pid} runs and may have frames mapped`,
          'end that process first',
        ];
  throw new CtrlIfError('ERR_CTRL_IF_FRAME_IN_USE', sentence, { advice, domid });
}

/** @param guest the guest's name in the message: `this guest` or `domain 3` */
export function noMemory(guest: string, domid: number): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_NO_MEMORY', `${guest} has no memory except its control page`, {
    advice: 'connect it with one: Guest.connect({ memory: { frames } })',
    domid,
  });
}
