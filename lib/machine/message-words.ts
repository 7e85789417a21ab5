import { INTERFACE_STATUSES } from '../device/wire.ts';
import { CMSG_USBIF_FE, USBIF_INTERFACE_STATUS_DESTROYED } from '../wire/constants.ts';
import type { MessageDefinition } from '../wire/definition.ts';

/**
 * What a message says, for people: `CONNECTED handle 0 evtchn 1 domid 2`. Of a request its IN fields, of a response the OUT
 * fields beside its result; the status of a driver or an interface comes first, by its name.
 */
export function messageWords(
  definition: MessageDefinition,
  flow: 'request' | 'response',
  message: Readonly<Record<string, unknown>>,
): string {
  const { struct, response } = definition;
  const result = response.kind === 'status' ? response.field : undefined;
  const words: string[] = [];
  for (const { name, type } of struct.fields) {
    if (type.role !== (flow === 'request' ? 'in' : 'out') || name === result) continue;
    const status = name === 'status' && statusName(definition, message[name] as number);
    if (status) words.unshift(status);
    else words.push(`${name} ${valueWord(message[name])}`);
  }
  return words.join(' ');
}

const DRIVER_STATUSES = ['DOWN', 'UP'];

function statusName({ name, type }: MessageDefinition, status: number): string | undefined {
  if (name.includes('DRIVER_STATUS')) return DRIVER_STATUSES[status];
  if (type === CMSG_USBIF_FE && status === USBIF_INTERFACE_STATUS_DESTROYED) return 'DESTROYED';
  return INTERFACE_STATUSES[status];
}

/** Bytes as the text that a console's are. */
function valueWord(value: unknown): string {
  return value instanceof Uint8Array ? JSON.stringify(Buffer.from(value).toString()) : String(value);
}
