import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { CommonStatus, DeviceWire } from '../wire.ts';

/** What to do about a status that every class has. */
const ADVICE: Readonly<Record<Exclude<CommonStatus, 'OKAY'>, string>> = {
  ERROR: "look at what the backend's domain says on its console",
  INTERFACE_EXISTS: 'it has such an interface already; take another handle, or detach that one',
  INTERFACE_NOT_FOUND:
    'it has no such interface; its driver may have been started anew: detach the device and attach it again',
  INTERFACE_CONNECTED: 'the interface is connected; disconnect it first',
  OUT_OF_MEMORY: 'it has as many as it takes; detach some',
  MAPPING_ERROR:
    'it could not map the frames that the frontend named; they must be its own, and granted to the backend',
};

/** A backend has answered `message` with another status than OKAY: `ERR_CTRL_IF_DEVICE_REFUSED`, `status` its name. */
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
