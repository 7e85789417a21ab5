import { CALM, FEW, percent } from '../harness/calm.ts';
import type { Machine, Others } from '../harness/report.ts';

/** Why the figures of a run are not to be quoted. */
export function doubtsOf({ quick, rounds, others }: Machine): string[] {
  return [...(quick ? [`quick run, ${rounds} short rounds`] : []), ...doubtsAbout(others)];
}

function doubtsAbout(others: Others | undefined): string[] {
  if (!others) return ['what else ran meanwhile is not known'];
  const { calmBefore, foreign, stolen, trials, disturbed } = others;
  return [
    ...(calmBefore ? [] : ['the machine was busy when it began']),
    ...(foreign + stolen > CALM ? [`other work took ${percent(foreign + stolen)} of the CPU time`] : []),
    ...(disturbed > FEW * trials ? [`${disturbed} of ${trials} trials disturbed`] : []),
  ];
}

export const coresOf = ({ cpu, cores }: Machine): string => `${cpu}, ${cores} core${cores === 1 ? '' : 's'}`;
