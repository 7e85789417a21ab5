/** The errors with which the machine itself refuses an operation on a device. */
import type { DeviceClass, DeviceKey } from '../device/class.ts';
import { CtrlIfError } from '../errors.ts';
import type { Holder } from './device-ledger.ts';

export function frontendNotRunning(): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN_STATE',
    'the domain does not run: it has ended, waits for its restart or is suspended',
    { advice: 'attach devices to a running domain', expected: 'a running domain' },
  );
}

export function backendNotConnected(name: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DOMAIN_STATE', `the backend of the device, domain ${name}, is not connected`, {
    advice: 'wait until it runs',
    subject: name,
    expected: 'a backend that is connected',
  });
}

/** A domain has one interface of that class, and so one backend. */
export function secondBackend({ name, noun }: DeviceClass, present: string, asked: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_STATE',
    `the domain's ${noun}s come from ${present} and cannot come from ${asked} as well: a domain has one ${name} interface`,
    { advice: `take a ${noun} of ${present}`, expected: present, received: asked },
  );
}

/** Only one device can have that key, and `holder` has it. */
export function deviceTaken({ taken, noun, key }: DeviceClass, received: DeviceKey, holder: Holder): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_REFUSED',
    `${noun} ${received} from ${holder.interface.backend} is domain ${holder.domain}'s already`,
    {
      advice: 'take another, or detach that one first',
      subject: taken!.message,
      field: key.name,
      expected: `a ${key.name} that is free`,
      status: taken!.status,
    },
  );
}

export function noDevice({ noun, key }: DeviceClass, received: DeviceKey, keys: readonly DeviceKey[]): CtrlIfError {
  const expected = `one of ${keys.join(', ') || 'none'}`;
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_NOT_FOUND',
    `the domain has no ${noun} with ${key.name} ${received}; expected ${expected}`,
    { expected, received },
  );
}

export function detachedMeanwhile({ noun }: DeviceClass): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DEVICE_NOT_FOUND', `the ${noun} was detached before it was connected`, {
    advice: 'attach it again',
    expected: 'a device that stays',
    received: 'nothing',
  });
}
