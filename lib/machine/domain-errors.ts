import { CtrlIfError } from '../errors.ts';
import type { DomainState } from './operations.ts';

export function wrongState(name: string, expected: DomainState, received: DomainState): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN_STATE',
    `domain ${name} is ${received}, and would have to be ${expected} for that`,
    { subject: name, expected, received },
  );
}

export function destroyedEarly(name: string, cause: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN_STATE',
    `domain ${name} was destroyed before it had connected; nothing of it is left, and the name is free`,
    { subject: name, expected: 'running', received: 'destroyed', cause },
  );
}

export function notSuspended(name: string, seconds: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_TIMEOUT',
    `domain ${name} has not suspended within ${seconds} s and runs on; its guest must follow SHUTDOWN_SUSPEND and say that it has (guest.suspended)`,
    { subject: name, expected: 'a domain that suspends', received: 'shutting-down' },
  );
}

export function vcpuRefused(name: string, vcpu: number, on: boolean): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_VCPU',
    `domain ${name} did not turn VCPU ${vcpu} ${on ? 'on' : 'off'}: it has an order for it under way, or it cannot`,
    { subject: name, field: 'status', expected: '1', received: 0 },
  );
}
