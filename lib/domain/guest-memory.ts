import { CtrlIfError } from '../errors.ts';
import type { DomainMemory } from '../memory/domain-memory.ts';
import type { SideChannel } from './side-channel.ts';

/**
 * Tells the controller that the page says something new of this guest's memory. One telling is under way at most, and the
 * last change is always told: however fast a memory grows, the socket carries no more than the controller takes.
 */
export function reportMemory(memory: DomainMemory, side: SideChannel): void {
  let underWay = false;
  let untold = false;
  const report = (): void => {
    untold = underWay;
    if (underWay) return;
    underWay = true;
    side.ask('memory-progress', {}).then(
      () => {
        underWay = false;
        if (untold) report();
      },
      // The conversation is over.
      () => {},
    );
  };
  memory.tell(report);
}

/** What is said of a guest that has a control page and nothing else. */
export function noMemory(who: string, domid: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_NO_MEMORY',
    `${who} has no memory beside its control page; connect it with one: Guest.connect({ memory: { frames } })`,
    { domid },
  );
}
