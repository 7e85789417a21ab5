/** What other devices of a machine have to say against one that is to be attached. */
import type { DeviceClass, DeviceKey } from '../device/class.ts';
import type { DeviceLedger } from './device-ledger.ts';
import { deviceTaken, secondBackend } from './device-refusals.ts';
import type { DomainRecord } from './domain-record.ts';

/**
 * Where a domain has one interface of the class, its devices come from one backend.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE`
 */
export function checkBackend(record: DomainRecord, deviceClass: DeviceClass, backend: string): void {
  const has = record.interfacesOf(deviceClass)[0]?.backend;
  if (deviceClass.wire.backendHandle || has === undefined || has === backend) return;
  throw secondBackend(deviceClass, has, backend);
}

/**
 * Nobody has the device, unless the backend itself can say that it serves this domain with it.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED`
 */
export function checkFree(
  ledger: DeviceLedger,
  record: DomainRecord,
  deviceClass: DeviceClass,
  key: DeviceKey,
  backend: string,
): void {
  const holder = deviceClass.taken && ledger.holder(deviceClass, key, record.name, backend);
  if (!holder) return;
  const { interface: found } = holder;
  const isOwn = found.backend === backend && record.interfaces.has(found);
  if (!isOwn || !found.serves(key)) throw deviceTaken(deviceClass, key, holder);
}
