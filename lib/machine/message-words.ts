import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { interfaceStatusName, typesOf } from '../device/wire.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/**
 * A message as text for the operator: `CONNECTED handle 0 evtchn 1 domid 2`. It has the IN fields of a request, and the OUT fields of
 * a response except its result. The status of a driver or an interface comes first, by its name.
 */
export function messageWords(
  definition: MessageDefinition,
  flow: 'request' | 'response',
  message: Readonly<Record<string, unknown>>,
  classes: readonly DeviceClass[] = DEVICE_CLASSES,
): string {
  const { struct, response } = definition;
  const result = response.kind === 'status' ? response.field : undefined;
  const words: string[] = [];
  for (const { name, type } of struct.fields) {
    if (type.role !== (flow === 'request' ? 'in' : 'out') || name === result) continue;
    const status = name === 'status' && statusName(definition, message[name] as number, classes);
    if (status) words.unshift(status);
    else words.push(`${name} ${valueWord(message[name])}`);
  }
  return words.join(' ');
}

const DRIVER_STATUSES = ['DOWN', 'UP'];

function statusName(
  { name, type }: MessageDefinition,
  status: number,
  classes: readonly DeviceClass[],
): string | undefined {
  if (name.includes('DRIVER_STATUS')) return DRIVER_STATUSES[status];
  return interfaceStatusName(classes.find(({ wire }) => typesOf(wire).has(type))?.wire, status);
}

/** A field's value. Bytes are shown as quoted text. */
function valueWord(value: unknown): string {
  return value instanceof Uint8Array ? JSON.stringify(Buffer.from(value).toString()) : String(value);
}
