/** The golden files, and the way from the header's snake_case to ours and back. */
import { readFileSync } from 'node:fs';

const load = (file: string) => JSON.parse(readFileSync(new URL(`../conformance/${file}`, import.meta.url), 'utf8'));

export interface LayoutStruct {
  size: number;
  fields: { name: string; type: string; offset: number; size: number }[];
}

export interface Layout {
  constants: Record<string, number>;
  messages: { name: string; type: number; subtype: number; payload: string | null }[];
  lp64: Record<string, LayoutStruct>;
  ilp32: Record<string, LayoutStruct>;
}

export interface Vector {
  name: string;
  id: number;
  fields: Record<string, string | number>;
  hex: string;
}

export const layout: Layout = load('layout.json');
export const vectors: Vector[] = load('vectors.json');

export const toCamel = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A vector as encode takes it: u64 from hexadecimal, console data from hexadecimal. */
export function messageOf({ name, fields }: Vector): { name: string; [field: string]: unknown } {
  const values = Object.entries(fields).map(([key, value]) => {
    if (name === 'CONSOLE_DATA') return [key, fromHex(value as string)];
    return [toCamel(key), typeof value === 'string' && value.startsWith('0x') ? BigInt(value) : value];
  });
  return { name, ...Object.fromEntries(values) };
}
