import { markAsUntransferable } from 'node:worker_threads';

/** An array that the addon may keep a pointer to: it cannot be transferred to another thread. */
export function privateBytes(length: number): Uint8Array {
  const buffer = new ArrayBuffer(length);
  markAsUntransferable(buffer);
  return new Uint8Array(buffer);
}
