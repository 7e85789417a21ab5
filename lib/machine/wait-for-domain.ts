import { aborted } from '../link/call.ts';
import { domainInfo } from './domain-info.ts';
import type { ManagedDomain } from './managed-domain.ts';
import type { CallOptions, DomainEnd, DomainInfo, DomainState } from './operations.ts';

/**
 * Resolves when the domain is in `state` or is gone. Without a state: when its present life has ended. Not an async function: a caller
 * that waits for one change after another must get the first before the second happens.
 */
export function waitForDomain(
  domain: ManagedDomain,
  state: DomainState | undefined,
  { signal }: CallOptions = {},
): Promise<DomainEnd | DomainInfo> {
  if (domain.state === state) return Promise.resolve(domainInfo(domain));
  if (signal?.aborted) throw aborted(signal);
  return new Promise((resolve, reject) => {
    const onState = (next: DomainState) => next === state && settle(domainInfo(domain));
    const settle = (outcome: DomainEnd | DomainInfo) => {
      stop();
      resolve(outcome);
    };
    const onAbort = () => {
      stop();
      reject(aborted(signal!));
    };
    const stop = () => {
      domain.off('state', onState).off('ended', settle).off('gone', settle);
      signal?.removeEventListener('abort', onAbort);
    };
    domain.on('state', onState).once('gone', settle);
    // A caller that waits for a state also waits through a restart.
    if (state === undefined) domain.once('ended', settle);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
