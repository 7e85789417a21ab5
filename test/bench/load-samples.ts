/** What /proc/stat would say, in ticks, of CPU 0 and of what the run itself has used. */
export interface CpuTicks {
  readonly total: number;
  readonly busy: number;
  readonly stolen: number;
  readonly own: number;
}

/** Of a machine with two CPUs that have the same load. */
export const loadSample = ({ total, busy, stolen, own }: CpuTicks) => {
  const half = { total: total / 2, busy: busy / 2, stolen: stolen / 2 };
  return { processors: new Map([0, 1].map((cpu) => [cpu, half])), own };
};
