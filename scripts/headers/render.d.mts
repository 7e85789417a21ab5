/** The text of native/include/ctrl_if/wire.h, from the modules of lib/wire. */
export function renderWire(modules: {
  constants: object;
  layout: object;
  page: object;
  memory: object;
  messages: readonly object[];
  structs: readonly object[];
}): string;

/** The text of native/include/ctrl_if/codes.h, from lib/page/native-codes.ts. */
export function renderCodes(modules: { codes: object; layout: object; page: object; memory: object }): string;
