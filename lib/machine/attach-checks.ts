/** The checks of a new device against the other devices of the machine. */
import type { DeviceClass, DeviceKey } from '../device/class.ts';
import type { DeviceLedger } from './device-ledger.ts';
import { deviceTaken, secondBackend } from './device-refusals.ts';
import type { DomainRecord } from './domain-record.ts';

/**
 * If a domain has only one interface of the class, all its devices of that class must come from one backend.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` if `backend` is another
 */
export function checkBackend(record: DomainRecord, deviceClass: DeviceClass, backend: string): void {
  const present = record.interfacesOf(deviceClass)[0]?.backend;
  if (deviceClass.wire.backendHandle || present === undefined || present === backend) return;
  throw secondBackend(deviceClass, present, backend);
}

/**
 * The device must not be in use. One that this backend serves to this domain already passes: the backend refuses it itself.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` if another domain or backend has it
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
