import { CtrlIfError } from '../errors.ts';
import { checkIdleStrategy, DEFAULT_IDLE, type IdleStrategy } from '../link/wait/idle-strategy.ts';
import { chooseEngine } from '../page/choose-engine.ts';
import { memoryEngine } from '../page/create-memory.ts';
import type { NamedEngine } from '../page/page.ts';
import { checkKeys } from '../unknown-key.ts';
import { type Codec, createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { Definitions } from './definitions.ts';
import type { GuestOptions } from './guest.ts';
import { DEFAULT_NAME } from './runtime-directory.ts';

/** Milliseconds. */
const DEFAULT_TIMEOUT = 5000;
const OPTIONS = [
  'name',
  'engine',
  'messages',
  'idle',
  'timeout',
  'memory',
  'wait',
  'signal',
] as const satisfies readonly (keyof GuestOptions)[];

/** {@link GuestOptions}, checked and with defaults. */
export interface ConnectSettings {
  readonly name: string;
  readonly engine: NamedEngine;
  readonly codec: Codec;
  readonly definitions: Definitions;
  readonly idle: IdleStrategy;
  /** Milliseconds. */
  readonly timeout: number;
  readonly memory: GuestOptions['memory'];
  /** Milliseconds to wait for a controller; 0: do not wait. */
  readonly wait: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws CtrlIfError `ERR_CTRL_IF_VALUE`, `_DEFINITION` or `_ENGINE` when an option is unknown or wrong */
export function readGuestOptions(options: GuestOptions<readonly MessageDefinition[]>): ConnectSettings {
  checkKeys('the options of Guest.connect', options, OPTIONS);
  const { messages = [], timeout = DEFAULT_TIMEOUT, memory, signal } = options;
  if (memory !== undefined) checkKeys('memory', memory, ['frames', 'maximum']);
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw badOption('signal', 'an AbortSignal', signal);
  const { engine } = chooseEngine(options.engine);
  // Checked before the guest waits for a controller.
  if (memory !== undefined) memoryEngine(engine);
  return {
    name: options.name ?? process.env.CTRL_IF_NAME ?? DEFAULT_NAME,
    idle: checkIdleStrategy(options.idle ?? DEFAULT_IDLE),
    codec: createCodec(messages) as Codec,
    definitions: new Definitions(messages),
    engine,
    timeout,
    memory,
    wait: readWait(options.wait),
    signal,
  };
}

function readWait(wait: unknown): number {
  if (wait === undefined || wait === false) return 0;
  if (wait === true) return Number.POSITIVE_INFINITY;
  if (typeof wait === 'number' && wait >= 0) return wait;
  throw badOption('wait', 'true, false, or milliseconds from 0 up', wait);
}

function badOption(field: string, expected: string, received: unknown): CtrlIfError {
  const shown = typeof received === 'number' || received === null ? String(received) : `a ${typeof received}`;
  return new CtrlIfError(
    'ERR_CTRL_IF_VALUE',
    `the option ${field} of Guest.connect must be ${expected}, but got ${shown}`,
    { field, expected, received },
  );
}
