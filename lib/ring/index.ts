/** `ctrl-if/ring`: shared pages and the two halves of a ring, for programs that need no domains. */
export { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';
export { type ChosenEngine, chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
export { createPage, openPage } from '../page/control-page.ts';
export { newPageName, unlinkPage } from '../page/name.ts';
export type { EngineName, Page } from '../page/page.ts';
export type { RingEngine, RingGeometry, RingParts, RingRole } from '../page/ring-engine.ts';
export { SabPage } from '../page/sab-page.ts';
export { CONTROL_RX, CONTROL_TX } from '../wire/control-rings.ts';
export { BackRing } from './back-ring.ts';
export { FrontRing } from './front-ring.ts';
export { MAX_SLOTS_WITHOUT_ATOMICS, ringBytes } from './geometry.ts';
export type { RingOptions } from './half.ts';
