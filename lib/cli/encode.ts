import { CtrlIfError } from '../errors.ts';
import { seedCodec } from '../wire/index.ts';
import { firstLine } from './failure.ts';
import { translateAll } from './translate.ts';

export function encodeCommand(args: readonly string[]): Promise<number> {
  return translateAll(args, { takes: 'messages in JSON', translate: encodeJSON });
}

/** One message in JSON to one slot in hexadecimal. */
export function encodeJSON(json: string): string {
  const { message, id } = seedCodec.fromJSON(parse(json));
  return Buffer.from(seedCodec.encode(message, id)).toString('hex');
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new CtrlIfError('ERR_CTRL_IF_VALUE', `this is not JSON (${firstLine(cause)})`, {
      advice: 'write it like {"name":"SHUTDOWN_POWEROFF","id":1}, in single quotes in a shell',
      field: 'message',
      expected: 'JSON',
      received: json,
      cause,
    });
  }
}
