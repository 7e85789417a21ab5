/** The public names of the network class. */
export { NetworkBackend, NetworkBackendInterface, type NetworkBackendOptions } from './backend.ts';
export type { Credit, VifConfig } from './config.ts';
export { CreditGate } from './credit-gate.ts';
export { NetworkFrontend, NetworkFrontendInterface } from './frontend.ts';
export { type CreditLimit, TokenBucket, UNLIMITED_CREDIT } from './token-bucket.ts';
export { creditSetting, vifFields } from './vif.ts';
export { NETWORK } from './wire.ts';
