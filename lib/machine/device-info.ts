import type { Device } from '../device/manager/device.ts';
import type { CtrlIfError } from '../errors.ts';
import type { LedgerInterface } from './domain-record.ts';
import type { DeviceClassName, DeviceInfo } from './operations.ts';

/**
 * The description of a device for the operator.
 *
 * @param frontend the domid of its domain, or 0 if the domain does not run
 * @param hasCrossed whether the backend has answered the pattern that the frontend wrote
 */
export function deviceInfo(
  { deviceClass, handle, device: ends }: Pick<LedgerInterface, 'deviceClass' | 'handle' | 'device'>,
  device: object,
  frontend: number,
  hasCrossed: (ends: Device) => boolean,
): DeviceInfo {
  const { id, ...own } = deviceClass.describe(device);
  const setting = deviceClass.setting?.(device);
  const refusal = setting && ends?.refusalOf(setting);
  const both = ends ? endsOf(ends, refusal, hasCrossed) : { frontend, backend: 0, state: 'WAITING' };
  return { class: deviceClass.name as DeviceClassName, handle, id, ...both, ...own };
}

/** The two ends of a device, and the frames and ports that they share while it is connected. `refusal`: its backend refused it. */
function endsOf(device: Device, refusal: CtrlIfError | undefined, hasCrossed: (ends: Device) => boolean) {
  const { frontend, backend, state, channel, frames } = device;
  const ends = { frontend: frontend.domid, backend: backend.domid, state };
  if (refusal) return { ...ends, state: 'REFUSED', refused: String(refusal.status) };
  if (state !== 'CONNECTED' || !channel) return ends;
  const ports = { frontend: channel.portB, backend: channel.portA };
  return { ...ends, frames, ports, crossed: hasCrossed(device) };
}
