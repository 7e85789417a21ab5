/** restructure has no types of its own, and binary-parser's cannot be found from ESM. */
declare module 'binary-parser';
declare module 'restructure';
