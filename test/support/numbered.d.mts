export function number(entry: Uint8Array, n: number, salt?: number): void;
export function numberOf(entry: Uint8Array, salt?: number): number;
export const ANSWERED: number;
