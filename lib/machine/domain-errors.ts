import { CtrlIfError } from '../errors.ts';
import type { DomainState } from './operations.ts';

export function wrongState(name: string, expected: DomainState, received: DomainState): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN_STATE',
    `domain ${name} is ${received}, and must be ${expected} for this operation`,
    { subject: name, expected, received },
  );
}

export function destroyedEarly(name: string, cause: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DOMAIN_STATE', `domain ${name} was destroyed before it had connected`, {
    advice: 'create it again: the name is free',
    subject: name,
    expected: 'running',
    received: 'destroyed',
    cause,
  });
}

export function notSuspended(name: string, seconds: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_TIMEOUT',
    `domain ${name} has not suspended within ${seconds} s and continues to run`,
    {
      advice: 'let its guest handle SHUTDOWN_SUSPEND and then call guest.suspended()',
      subject: name,
      expected: 'a domain that suspends',
      received: 'shutting-down',
    },
  );
}

export function vcpuRefused(name: string, vcpu: number, on: boolean): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_VCPU',
    `domain ${name} did not turn VCPU ${vcpu} ${on ? 'on' : 'off'}: it cannot, or an earlier order for that VCPU is under way`,
    { subject: name, field: 'status', expected: '1', received: 0 },
  );
}
