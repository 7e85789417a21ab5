import type { Setting } from '../../manager/settings.ts';

/** A virtual block device: what its VBD_CREATE says. */
export interface Vbd {
  /** Its key within the interface, 16 bits. */
  readonly vdevice: number;
  readonly pdevice: number;
  readonly devHandle: number;
  readonly readonly: boolean;
}

/** A VBD as its backend is told of it; a connected frontend is told CHANGED. The backend may answer VBD_EXISTS, OUT_OF_MEMORY or PHYSDEV_NOT_FOUND. */
export function vbdSetting(vbd: Vbd): Setting {
  const { vdevice } = vbd;
  return {
    about: `vbd ${vdevice}`,
    name: 'BLKIF_BE_VBD_CREATE',
    fields: { ...vbd, readonly: vbd.readonly ? 1 : 0 },
    undo: { name: 'BLKIF_BE_VBD_DESTROY', fields: { vdevice } },
  };
}
