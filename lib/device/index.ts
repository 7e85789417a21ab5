/** `ctrl-if/device`: split drivers, their three roles, and what a guest does when its controller asks. */
export { Backend, type BackendEvents, type BackendOptions } from './backend/backend.ts';
export { BackendInterface } from './backend/interface.ts';
export { BACKEND_EVENTS, BACKEND_ROWS, type BackendState } from './backend/table.ts';
export type { ClassDevices, DeviceClass, DeviceDescription, DeviceKey } from './class.ts';
export { BlockBackend, BlockBackendInterface, type BlockBackendOptions } from './classes/block/backend.ts';
export { BlockFrontend } from './classes/block/frontend.ts';
export { type Vbd, vbdSetting } from './classes/block/vbd.ts';
export { BLOCK } from './classes/block/wire.ts';
export { DEVICE_CLASSES } from './classes/index.ts';
export { NetworkBackend, NetworkBackendInterface, type NetworkBackendOptions } from './classes/network/backend.ts';
export { CreditGate } from './classes/network/credit-gate.ts';
export { NetworkFrontend, NetworkFrontendInterface } from './classes/network/frontend.ts';
export { type CreditLimit, TokenBucket, UNLIMITED_CREDIT } from './classes/network/token-bucket.ts';
export { creditSetting, vifFields } from './classes/network/vif.ts';
export { NETWORK } from './classes/network/wire.ts';
export { UsbBackend, type UsbBackendOptions } from './classes/usb/backend.ts';
export { UsbFrontend, UsbFrontendInterface } from './classes/usb/frontend.ts';
export { controllerFields, type PortClaim, portSetting } from './classes/usb/port-claim.ts';
export type { PortHooks, PortOwner, ResetOutcome, UsbPort } from './classes/usb/ports.ts';
export { USB } from './classes/usb/wire.ts';
export { type Clock, systemClock } from './clock.ts';
export type * from './context.ts';
export { Frontend, type FrontendEvents } from './frontend/frontend.ts';
export { FrontendInterface } from './frontend/interface.ts';
export { FRONTEND_EVENTS, FRONTEND_ROWS, type FrontendState, type FrontendTable } from './frontend/table.ts';
export { backendContext, frontendContext } from './guest-context.ts';
export { Device, type DeviceFields } from './manager/device.ts';
export {
  type Attachment,
  DeviceManager,
  type DeviceManagerEvents,
  type DeviceOptions,
} from './manager/device-manager.ts';
export { type Setting, Settings } from './manager/settings.ts';
export type { DeviceState } from './manager/table.ts';
export { type MemoryActions, type MemoryEvents, MemoryResponder } from './memory.ts';
export {
  type ShutdownActions,
  type ShutdownEvents,
  type ShutdownRequest,
  ShutdownResponder,
} from './shutdown.ts';
export { type VcpuActions, VcpuResponder } from './vcpu.ts';
export type { DeviceWire, InterfaceId, MessageFields } from './wire.ts';
