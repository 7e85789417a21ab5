/** Why the figures of a run are not to be quoted. */
import { CALM, FEW, percent } from '../harness/calm.ts';
import type { Machine, Others } from '../harness/machine.ts';

export function doubtsOf({ quick, rounds, others }: Machine): string[] {
  return [...(quick ? [`quick run, ${rounds} short rounds`] : []), ...doubtsAbout(others)];
}

function doubtsAbout(others: Others | undefined): string[] {
  if (!others) return ['what else ran meanwhile is not known'];
  const { calmBefore, foreign, stolen, trials, disturbed } = others;
  const doubts: string[] = [];
  if (!calmBefore) doubts.push('the machine was busy when it began');
  if (foreign + stolen > CALM) doubts.push(`other work took ${percent(foreign + stolen)} of the CPU time`);
  if (disturbed > FEW * trials) doubts.push(`${disturbed} of ${trials} trials disturbed`);
  return doubts;
}
