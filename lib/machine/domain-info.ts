import type { ManagedDomain } from './managed-domain.ts';
import { memoryInfo } from './memory.ts';
import type { DomainInfo } from './operations.ts';

/** The description of a domain for the operator. */
export function domainInfo(domain: ManagedDomain): DomainInfo {
  const { config, state, link, pid, vcpus, restarts, started } = domain;
  return {
    name: config.name,
    ...(link && { domid: link.domid, engine: link.engine }),
    ...(pid !== undefined && { pid }),
    state,
    memory: memoryInfo(link, config),
    vcpus: [...vcpus],
    devices: domain.devices.list(),
    restart: config.restart,
    restarts,
    ...(started !== undefined && { started }),
  };
}
