import { markAsUntransferable } from 'node:worker_threads';

/** Bytes that the addon may keep a pointer to: their memory never moves to another thread. */
export function privateBytes(length: number): Uint8Array {
  const buffer = new ArrayBuffer(length);
  markAsUntransferable(buffer);
  return new Uint8Array(buffer);
}
