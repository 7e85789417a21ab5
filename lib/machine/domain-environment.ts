import { randomBytes } from 'node:crypto';
import { FRAMES_PER_MIB, type ResolvedConfig } from './check-config.ts';

/** What a domain's process is told of itself, as JSON in `CTRL_IF_DOMAIN`. */
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

/** The environment of a domain's process: `CTRL_IF_NAME` and `CTRL_IF_DOMAIN_TOKEN` are for `Guest.connect`. */
export function domainEnvironment(
  controller: string,
  { name, memory, maxMemory, vcpus, driver }: ResolvedConfig,
): { env: NodeJS.ProcessEnv; token: string } {
  const token = randomBytes(16).toString('hex');
  const domain: DomainEnvironment = {
    name,
    frames: memory * FRAMES_PER_MIB,
    maximumFrames: maxMemory * FRAMES_PER_MIB,
    vcpus,
    driver,
  };
  const own = { CTRL_IF_NAME: controller, CTRL_IF_DOMAIN_TOKEN: token, CTRL_IF_DOMAIN: JSON.stringify(domain) };
  return { env: { ...process.env, ...own }, token };
}

/** The same in the domain's process; undefined where no machine has started it. */
export function readDomainEnvironment(): DomainEnvironment | undefined {
  const { CTRL_IF_DOMAIN } = process.env;
  return CTRL_IF_DOMAIN === undefined ? undefined : (JSON.parse(CTRL_IF_DOMAIN) as DomainEnvironment);
}
