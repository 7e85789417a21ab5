import { stripVTControlCharacters } from 'node:util';
import { CtrlIfError } from '../../../errors.ts';

/** A file, a device or another thing that a backend serves as a disk. */
export interface Target {
  /** A path, or any name that the backend knows. */
  readonly target: string;
  /** `r`: the guest may only read it. `w`: it may read and write it. */
  readonly mode: 'r' | 'w';
}

/** The `disk-target` question has 16 bits for a `pdevice`. */
const PDEVICES = 0x1_0000;
/** In characters. A path has up to 4,096 bytes. */
const LONGEST_REASON = 5000;

/** Numbers for the targets of disks. BLKIF_BE_VBD_CREATE carries the number, and the backend asks the machine for the target. */
export class PdeviceTable {
  readonly #targets = new Map<number, Target>();
  readonly #reasons = new Map<number, string>();

  /** Returns a free number, 1 to 65535, and stores the target. @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` when all are taken */
  take(target: Target): number {
    for (let pdevice = 1; pdevice < PDEVICES; pdevice++) {
      if (this.#targets.has(pdevice)) continue;
      this.#targets.set(pdevice, target);
      return pdevice;
    }
    throw new CtrlIfError('ERR_CTRL_IF_DEVICE_STATE', 'this machine has 65,535 disks, which is the maximum', {
      advice: 'detach one first',
    });
  }

  free(pdevice: number): void {
    this.#targets.delete(pdevice);
    this.#reasons.delete(pdevice);
  }

  /** Stores the reason of a backend that cannot serve the target. */
  explain(pdevice: number, why: string): void {
    if (this.#targets.has(pdevice)) this.#reasons.set(pdevice, stripVTControlCharacters(why).slice(0, LONGEST_REASON));
  }

  /** The last reason of its backend, or undefined. */
  reasonOf(pdevice: number): string | undefined {
    return this.#reasons.get(pdevice);
  }

  /** The target of that number. @throws CtrlIfError `ERR_CTRL_IF_DEVICE_NOT_FOUND` when it is free */
  get(pdevice: number): Target {
    const target = this.#targets.get(pdevice);
    if (target) return target;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_NOT_FOUND',
      `no disk of this machine has the physical device ${pdevice}`,
      { advice: 'ask for the pdevice of a VBD_CREATE', received: pdevice },
    );
  }

  get size(): number {
    return this.#targets.size;
  }
}
