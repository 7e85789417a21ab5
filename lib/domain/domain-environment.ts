import { CtrlIfError } from '../errors.ts';

/** The description of a domain that its machine gives to the domain's process, as JSON in `CTRL_IF_DOMAIN`. */
export interface DomainEnvironment {
  /** The domain's name, which it keeps when it restarts. */
  readonly name: string;
  /** The size of the domain's memory at its start, in frames of 4 KiB. */
  readonly frames: number;
  /** The largest size of the domain's memory, in frames of 4 KiB. */
  readonly maximumFrames: number;
  /** The number of the domain's VCPUs. */
  readonly vcpus: number;
  /** Whether the domain is a driver domain, which runs backends. */
  readonly driver: boolean;
}

/** The exit code by which a domain's process asks for a reboot. 0 is a poweroff, and any other code a crash. */
export const REBOOT_EXIT_CODE = 194;

/**
 * The environment variables of a domain's process.
 *
 * @param name the controller's name, for `Guest.connect`
 * @param token the token by which the controller recognises the process
 */
export function writeDomainEnvironment(name: string, token: string, domain: DomainEnvironment): Record<string, string> {
  return { CTRL_IF_NAME: name, CTRL_IF_DOMAIN_TOKEN: token, CTRL_IF_DOMAIN: JSON.stringify(domain) };
}

/**
 * The domain that this process runs, from `CTRL_IF_DOMAIN`; undefined when no machine has started the process.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` when `CTRL_IF_DOMAIN` is not JSON
 */
export function readDomainEnvironment(): DomainEnvironment | undefined {
  const { CTRL_IF_DOMAIN } = process.env;
  if (CTRL_IF_DOMAIN === undefined) return undefined;
  try {
    return JSON.parse(CTRL_IF_DOMAIN) as DomainEnvironment;
  } catch (cause) {
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', 'CTRL_IF_DOMAIN is not what a machine sets', {
      advice: 'unset it, or have a machine start this program (ctrl-if create)',
      subject: 'CTRL_IF_DOMAIN',
      expected: 'JSON',
      received: CTRL_IF_DOMAIN,
      cause,
    });
  }
}
