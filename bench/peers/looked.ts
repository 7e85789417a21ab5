import { readFileSync } from 'node:fs';

export interface Looked {
  cpuNs: number;
  switches: number;
}

/** What a process has used, seen from outside: of its main thread, on which its event loop runs. */
export function looked(pid: number): Looked {
  const [cpuNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const switches = [...status.matchAll(/ctxt_switches:\s*(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { cpuNs: Number(cpuNs), switches };
}
