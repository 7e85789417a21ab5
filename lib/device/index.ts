/** `ctrl-if/device`: frontends, backends and device managers, and the responses of a guest to requests of its controller. */
export { Backend, type BackendEvents, type BackendOptions } from './backend/backend.ts';
export { BackendInterface } from './backend/interface.ts';
export { BACKEND_EVENTS, BACKEND_ROWS, type BackendState } from './backend/table.ts';
export type { ClassDevices, DeviceClass, DeviceDescription, DeviceKey } from './class.ts';
export * from './classes/index.ts';
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
