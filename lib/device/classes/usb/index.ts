/** The public names of the USB class. */
export { UsbBackend, type UsbBackendOptions } from './backend.ts';
export type { UsbConfig } from './config.ts';
export { UsbFrontend, UsbFrontendInterface } from './frontend.ts';
export { controllerFields, type PortClaim, portSetting } from './port-claim.ts';
export type { PortHooks, PortOwner, ResetOutcome, UsbPort } from './ports.ts';
export { USB } from './wire.ts';
