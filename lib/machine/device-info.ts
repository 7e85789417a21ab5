import type { Device } from '../device/manager/device.ts';
import type { CtrlIfError } from '../errors.ts';
import type { LedgerInterface } from './domain-record.ts';
import type { DeviceClassName, DeviceInfo } from './operations.ts';

/**
 * What is told of a device.
 *
 * @param frontend the domid of its domain, 0 where that does not run
 * @param hasCrossed whether what its frontend has written has come back from its backend
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

/** The ends of a device, and what they share while it is connected; `refusal` is its backend's of this part of it. */
function endsOf(device: Device, refusal: CtrlIfError | undefined, hasCrossed: (ends: Device) => boolean) {
  const { frontend, backend, state, channel, frames } = device;
  const ends = { frontend: frontend.domid, backend: backend.domid, state };
  if (refusal) return { ...ends, state: 'REFUSED', refused: String(refusal.status) };
  if (state !== 'CONNECTED' || !channel) return ends;
  const ports = { frontend: channel.portB, backend: channel.portA };
  return { ...ends, frames, ports, crossed: hasCrossed(device) };
}
