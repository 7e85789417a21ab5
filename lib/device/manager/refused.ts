import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { CommonStatus, DeviceWire } from '../wire.ts';

/** The advice for the statuses that every class has. */
const ADVICE: Readonly<Record<Exclude<CommonStatus, 'OKAY'>, string>> = {
  ERROR: "read the console of the backend's domain",
  INTERFACE_EXISTS: 'take another handle, or detach the device that has this one',
  INTERFACE_NOT_FOUND: 'detach the device and attach it again; its driver may have restarted',
  INTERFACE_CONNECTED: 'disconnect the interface first',
  OUT_OF_MEMORY: 'detach some devices of that backend first; it takes no more',
  MAPPING_ERROR: 'have the frontend name frames of its own, which it has granted to the backend',
};

/** Makes the `ERR_CTRL_IF_DEVICE_REFUSED` for an answer to `message` with another status than OKAY. Its `status` is the name of that. */
export function refused(
  wire: DeviceWire,
  backend: number,
  frontend: number,
  message: AnyMessage,
  status: unknown,
): CtrlIfError {
  const [found] = Object.entries(wire.statuses).find(([, value]) => value === status) ?? [];
  const said = found ?? `status ${status}`;
  const advice = wire.advice?.(said, message.name) ?? ADVICE[found as keyof typeof ADVICE] ?? ADVICE.ERROR;
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_REFUSED',
    `backend domain ${backend} answered ${message.name} for domain ${frontend} with ${said}`,
    { domid: backend, field: 'status', subject: message.name, expected: 'OKAY', status: said, advice },
  );
}
