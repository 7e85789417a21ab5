import type { Guest } from '../../../domain/guest.ts';
import { CtrlIfError } from '../../../errors.ts';
import type { DeviceClass } from '../../class.ts';
import type { FrontendContext } from '../../context.ts';
import { BLOCK_BACKEND, BLOCK_REFUSALS } from './backend-table.ts';
import { type DiskConfig, disk } from './config.ts';
import { BlockFrontend } from './frontend.ts';
import { BLOCK_FRONTEND } from './frontend-table.ts';
import { PdeviceTable, type Target } from './pdevice-table.ts';
import { TargetBackend } from './target-backend.ts';
import { vbdSetting } from './vbd.ts';
import { BLOCK } from './wire.ts';

/** A disk of a domain. */
export interface Disk extends Target {
  /** Its number in the guest, u16. */
  readonly vdevice: number;
  /** The number of its target in the machine's {@link PdeviceTable}, 1 to 65535. */
  readonly pdevice: number;
}

/** The class of disks: one interface for each backend, a VBD for each disk. */
export const BLOCK_CLASS = {
  name: 'block',
  noun: 'disk',
  list: 'disks',
  item: 'disk',
  config: disk,
  path: 'target',
  key: { name: 'vdevice', schema: disk.properties.vdevice },
  unique: 'vdevice',
  ignoreCase: false,
  info: {
    target: { type: 'string', description: 'Of a disk: the file or device that its backend serves.' },
    mode: { type: 'string', enum: ['r', 'w'], description: 'Of a disk: whether it may be written.' },
  },
  columns: ['mode', 'target'],
  operations: {},

  wire: BLOCK,
  tables: [BLOCK_FRONTEND, BLOCK_BACKEND],
  hooks: [
    ['onVbdCreate', 'VBD_CREATE: open the physical device', 'throw: PHYSDEV_NOT_FOUND'],
    ['onVbdDestroy', 'VBD_DESTROY, and DESTROY for each remaining VBD', 'close the physical device'],
  ],
  refusals: BLOCK_REFUSALS,
  frontend: (context: FrontendContext) => new BlockFrontend(context),
  backend: (guest: Guest) => new TargetBackend(guest),

  interfacePer: 'backend',
  taken: { within: 'domain', message: 'BLKIF_BE_VBD_CREATE', status: 'VBD_EXISTS' },
  shared: () => new PdeviceTable(),
  answer: (pdevices, controlSocket) => {
    controlSocket.answer('disk-target', ({ pdevice }) => pdevices.get(pdevice));
    controlSocket.answer('disk-refused', ({ pdevice, why }) => pdevices.explain(pdevice, why));
  },
  place: ({ target, vdevice, mode = 'w' }: DiskConfig, _others, pdevices) => ({
    target,
    mode,
    vdevice,
    pdevice: pdevices.take({ target, mode }),
  }),
  free: ({ pdevice }, pdevices) => pdevices.free(pdevice),
  keyOf: ({ vdevice }) => vdevice,
  describe: ({ vdevice, target, mode }) => ({ id: String(vdevice), target, mode }),
  setting: ({ vdevice, pdevice, mode }) => vbdSetting({ vdevice, pdevice, devHandle: 0, readonly: mode === 'r' }),
  explain: explained,
} as const satisfies DeviceClass<Disk, PdeviceTable>;

/** Replaces PHYSDEV_NOT_FOUND by an error with the disk, its target and the reason that the backend gave. */
function explained(
  error: unknown,
  { vdevice, pdevice, target }: Disk,
  backend: string,
  pdevices: PdeviceTable,
): unknown {
  if (!(error instanceof CtrlIfError) || error.status !== 'PHYSDEV_NOT_FOUND') return error;
  const why = pdevices.reasonOf(pdevice) ?? `${backend} cannot open ${target}; read the console of ${backend}`;
  return new CtrlIfError(
    'ERR_CTRL_IF_DEVICE_REFUSED',
    `disk ${vdevice} was refused by ${backend} (PHYSDEV_NOT_FOUND): ${why}`,
    {
      ...(error.domid !== undefined && { domid: error.domid }),
      subject: target,
      field: 'target',
      expected: 'a file or a device that the backend can open',
      status: 'PHYSDEV_NOT_FOUND',
    },
  );
}
