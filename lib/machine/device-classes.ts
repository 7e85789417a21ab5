import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { CtrlIfError } from '../errors.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/**
 * The device classes of ctrl-if, and those of the user.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` if two classes have the same name, list or item
 */
export function allClasses(deviceClasses: readonly DeviceClass[] = []): readonly DeviceClass[] {
  if (deviceClasses.length === 0) return DEVICE_CLASSES;
  const all: readonly DeviceClass[] = [...DEVICE_CLASSES, ...deviceClasses];
  for (const key of ['name', 'list', 'item'] as const) {
    for (const [i, deviceClass] of all.entries()) {
      if (all.findIndex((other) => other[key] === deviceClass[key]) < i) throw classTaken(key, deviceClass[key]);
    }
  }
  return all;
}

function classTaken(key: string, received: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DEFINITION', `two device classes have the ${key} ${received}`, {
    advice: 'rename one of them',
    field: key,
    expected: `a ${key} of its own`,
    received,
  });
}

/** The messages of the user, and those of the user's device classes. */
export function allMessages(
  messages: readonly MessageDefinition[] = [],
  deviceClasses: readonly DeviceClass[] = [],
): readonly MessageDefinition[] {
  return [...messages, ...deviceClasses.flatMap(({ wire }) => wire.messages ?? [])];
}
