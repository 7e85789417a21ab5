import { CtrlIfError } from '../errors.ts';

/** What a machine tells the process of a domain about that domain, as JSON in `CTRL_IF_DOMAIN`. */
export interface DomainEnvironment {
  readonly name: string;
  /** Frames of 4 KiB, to begin with and at most. */
  readonly frames: number;
  readonly maximumFrames: number;
  readonly vcpus: number;
  /** Whether it is to run backends. */
  readonly driver: boolean;
}

/** An exit code that asks for a reboot; 0 is poweroff, any other a crash. */
export const REBOOT_EXIT_CODE = 194;

/** The variables for {@link readDomainEnvironment}; `name` and `token` are the controller's name and who asks, for `Guest.connect`. */
export function writeDomainEnvironment(name: string, token: string, domain: DomainEnvironment): Record<string, string> {
  return { CTRL_IF_NAME: name, CTRL_IF_DOMAIN_TOKEN: token, CTRL_IF_DOMAIN: JSON.stringify(domain) };
}

/**
 * What this process is to be as a domain; undefined where no machine has started it.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` where `CTRL_IF_DOMAIN` is set and none of a machine's
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
