import { stripVTControlCharacters } from 'node:util';
import { CtrlIfError } from '../../../errors.ts';

/** What a disk's backend is to serve. */
export interface Target {
  readonly target: string;
  readonly mode: 'r' | 'w';
}

/** `pdevice` is 16 bits. */
const MOST = 0x1_0000;
/** In characters: a path may have 4,096 bytes, and this is for people. */
const LONGEST_REASON = 5000;

/** The numbers that stand for the targets of disks in BLKIF_BE_VBD_CREATE, which has no room for a path; a backend asks what they are. */
export class PdeviceTable {
  readonly #targets = new Map<number, Target>();
  readonly #reasons = new Map<number, string>();

  take(target: Target): number {
    for (let pdevice = 1; pdevice < MOST; pdevice++) {
      if (this.#targets.has(pdevice)) continue;
      this.#targets.set(pdevice, target);
      return pdevice;
    }
    throw new CtrlIfError('ERR_CTRL_IF_DEVICE_STATE', 'all 65,535 disks of this machine are taken', {
      advice: 'detach one first',
    });
  }

  free(pdevice: number): void {
    this.#targets.delete(pdevice);
    this.#reasons.delete(pdevice);
  }

  /** Its backend cannot serve it, and says why. */
  explain(pdevice: number, why: string): void {
    if (this.#targets.has(pdevice)) this.#reasons.set(pdevice, stripVTControlCharacters(why).slice(0, LONGEST_REASON));
  }

  /** What its backend said last of why it cannot serve it. */
  reasonOf(pdevice: number): string | undefined {
    return this.#reasons.get(pdevice);
  }

  get(pdevice: number): Target {
    const target = this.#targets.get(pdevice);
    if (target) return target;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_NOT_FOUND',
      `no disk of this machine has the physical device ${pdevice}`,
      { advice: 'ask for one that a VBD_CREATE has named', received: pdevice },
    );
  }

  get size(): number {
    return this.#targets.size;
  }
}
