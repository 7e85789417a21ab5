import type { Device } from '../../manager/device.ts';
import type { Setting } from '../../manager/settings.ts';

/** A virtual block device: the fields of `blkif_be_vbd_create_t`. */
export interface Vbd {
  /** Its number in the guest and its key within the interface, u16. */
  readonly vdevice: number;
  /** The number of its target at the backend, u32. A machine sends 1 to 65535, and answers the `disk-target` question with the path. */
  readonly pdevice: number;
  /** `dev_handle` of the header, u32. A machine sends 0. */
  readonly devHandle: number;
  /** Whether the guest may only read it. */
  readonly readonly: boolean;
}

/**
 * The setting of a VBD, for {@link Device.set}. A connected frontend gets CHANGED. The backend may refuse it with VBD_EXISTS, OUT_OF_MEMORY
 * or PHYSDEV_NOT_FOUND.
 */
export function vbdSetting(vbd: Vbd): Setting {
  const { vdevice } = vbd;
  return {
    about: `vbd ${vdevice}`,
    name: 'BLKIF_BE_VBD_CREATE',
    fields: { ...vbd, readonly: vbd.readonly ? 1 : 0 },
    undo: { name: 'BLKIF_BE_VBD_DESTROY', fields: { vdevice } },
  };
}
