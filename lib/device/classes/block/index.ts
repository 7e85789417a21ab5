/** The public names of the block class. */
export { BlockBackend, BlockBackendInterface, type BlockBackendOptions } from './backend.ts';
export type { DiskConfig } from './config.ts';
export { BlockFrontend } from './frontend.ts';
export { type Vbd, vbdSetting } from './vbd.ts';
export { BLOCK } from './wire.ts';
