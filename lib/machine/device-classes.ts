import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { CtrlIfError } from '../errors.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/**
 * The classes that come with ctrl-if, and those of the user's own.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` for a class whose name or list another has
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
    advice: 'give one of them another',
    field: key,
    expected: `a ${key} of its own`,
    received,
  });
}

/** The user's own messages, and those of the user's own classes. */
export function allMessages(
  messages: readonly MessageDefinition[] = [],
  deviceClasses: readonly DeviceClass[] = [],
): readonly MessageDefinition[] {
  return [...messages, ...deviceClasses.flatMap(({ wire }) => wire.messages ?? [])];
}
