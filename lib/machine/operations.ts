/**
 * Everything that an operator can do to a machine, stated once. From this table come the methods of a machine, of its client
 * and of its fake, the check of their arguments, the HTTP routes, their description in OpenAPI and the commands of the
 * command line.
 */
import type { Duplex } from 'node:stream';
import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { type DomainReference, domainReference, seconds } from '../schema/basic-schema.ts';
import {
  type Answer,
  type Arguments,
  type Input,
  inputOf,
  type Operation,
  operation,
  type Parameter,
  type Place,
  parameter,
} from '../schema/operation.ts';
import type { Schema, Static } from '../schema/schema.ts';
import {
  contradictionsIn,
  type DomainConfig,
  domainConfig,
  domainConfigWith,
  MAX_VCPUS,
  memorySize,
} from './config-schema.ts';
import {
  deviceClass,
  deviceInfo,
  deviceRepliesWith,
  domainEnd,
  domainInfo,
  domainState,
  type LostEvents,
  lostEvents,
  type MachineEvent,
  machineEvent,
  memoryInfo,
  vcpus,
} from './reply-schema.ts';

const domain = parameter('domain', 'path', domainReference);

const shutdownOptions = {
  type: 'object',
  title: 'a reason, and a timeout if it is not to be that of the configuration',
  additionalProperties: false,
  required: ['reason'],
  properties: {
    reason: { type: 'string', enum: ['poweroff', 'reboot', 'suspend'] },
    timeout: {
      ...seconds,
      description:
        "Until a domain that has not ended is destroyed, and one that has not suspended is left to run on; default: its configuration's. 0: never.",
    },
  },
} as const satisfies Schema;
export type ShutdownOptions = Static<typeof shutdownOptions>;

const sysrqKey = {
  type: 'string',
  title: 'one character of ASCII',
  pattern: '^[ -~]$',
  description: 'One character; `b`, `c` and `o` may end the domain before it answers, which is no error.',
} as const satisfies Schema;

type Entry = (typeof DEVICE_CLASSES)[number];

/** What every class of devices has. */
type DeviceOperations = {
  readonly [E in Entry as `${E['name']}Attach`]: Stated<[E['item'], 'body', E['config']]> & {
    readonly reply: typeof deviceInfo;
  };
} & {
  readonly [E in Entry as `${E['name']}Detach`]: Stated<[E['key']['name'], 'path', E['key']['schema']]>;
};
type Stated<P extends [name: string, place: Place, schema: Schema]> = Omit<Operation, 'takes' | 'reply'> & {
  readonly takes: readonly [typeof domain, { readonly name: P[0]; readonly place: P[1]; readonly schema: P[2] }];
};
/** What some of them have beside it. */
type OwnOperations = UnionToIntersection<Entry['operations']>;
type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

function deviceOperations(classes: readonly DeviceClass[]): Readonly<Record<string, Operation>> {
  const reply = deviceRepliesWith(classes).info;
  return Object.assign(
    {},
    ...classes.map(({ name, noun, list, item, config, key, operations }) => ({
      [`${name}Attach`]: operation({
        method: 'post',
        path: `/domains/{domain}/${list}`,
        summary: `Attach a ${noun} to a domain, and wait until it is connected.`,
        takes: [domain, parameter(item, 'body', config)],
        reply,
        status: 201,
      }),
      [`${name}Detach`]: operation({
        method: 'delete',
        path: `/domains/{domain}/${list}/{${key.name}}`,
        summary: `Take a ${noun} away from a domain.`,
        takes: [domain, parameter(key.name, 'path', key.schema)],
        status: 204,
      }),
      ...operations,
    })),
  );
}

export const operations = {
  list: operation({
    method: 'get',
    path: '/domains',
    summary: 'List the domains.',
    takes: [],
    reply: { type: 'array', items: domainInfo },
    status: 200,
  }),
  create: operation({
    method: 'post',
    path: '/domains',
    summary: 'Start a domain, attach its devices, and wait until it is connected.',
    takes: [{ ...parameter('config', 'body', domainConfig), contradictions: contradictionsIn }],
    reply: domainInfo,
    status: 201,
  }),
  info: operation({
    method: 'get',
    path: '/domains/{domain}',
    summary: 'Show all about a domain.',
    takes: [domain],
    reply: domainInfo,
    status: 200,
  }),
  destroy: operation({
    method: 'delete',
    path: '/domains/{domain}',
    summary: 'Take a domain away at once.',
    takes: [domain],
    reply: domainEnd,
    status: 200,
  }),
  shutdown: operation({
    method: 'post',
    path: '/domains/{domain}/shutdown',
    summary: 'Ask a domain to power off, to reboot or to suspend, and wait until it has.',
    takes: [domain, parameter('options', 'body', shutdownOptions)],
    reply: domainEnd,
    status: 200,
  }),
  resume: operation({
    method: 'post',
    path: '/domains/{domain}/resume',
    summary: 'Let a suspended domain go on.',
    takes: [domain],
    reply: domainInfo,
    status: 200,
  }),
  sysrq: operation({
    method: 'post',
    path: '/domains/{domain}/sysrq',
    summary: 'Press a key with SysRq in a domain.',
    takes: [domain, parameter('key', 'key', sysrqKey)],
    status: 204,
  }),
  wait: operation({
    method: 'get',
    path: '/domains/{domain}/wait',
    summary: 'Wait until a domain has ended, or is in a state.',
    takes: [domain, parameter('state', 'query', domainState)],
    reply: { anyOf: [domainEnd, domainInfo] },
    status: 200,
  }),
  memorySet: operation({
    method: 'put',
    path: '/domains/{domain}/memory',
    summary: "Set a domain's memory in MiB, and wait until it has it.",
    takes: [domain, parameter('target', 'key', memorySize)],
    reply: memoryInfo,
    status: 200,
  }),
  vcpuSet: operation({
    method: 'put',
    path: '/domains/{domain}/vcpus/{vcpu}',
    summary: 'Turn a virtual processor of a domain on or off.',
    takes: [
      domain,
      parameter('vcpu', 'path', { type: 'integer', minimum: 0, maximum: MAX_VCPUS - 1 }),
      parameter('on', 'key', { type: 'boolean' }),
    ],
    reply: vcpus,
    status: 200,
  }),
  devices: operation({
    method: 'get',
    path: '/domains/{domain}/devices',
    summary: 'List the devices of a domain, or those of one class.',
    takes: [domain, parameter('class', 'query', deviceClass)],
    reply: { type: 'array', items: deviceInfo },
    status: 200,
  }),
  ...(deviceOperations(DEVICE_CLASSES) as DeviceOperations & OwnOperations),
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export const operationNames = Object.keys(operations) as readonly OperationName[];

/** {@link operations} where a machine has those classes of devices. */
export function operationsWith(classes: readonly DeviceClass[]): Readonly<Record<string, Operation>> {
  if (classes === DEVICE_CLASSES) return operations;
  const { name, info } = deviceRepliesWith(classes);
  const config = parameter('config', 'body', domainConfigWith(classes));
  return {
    ...operations,
    create: {
      ...operations.create,
      takes: [{ ...config, contradictions: (value: DomainConfig) => contradictionsIn(value, classes) }],
    },
    devices: {
      ...operations.devices,
      takes: [domain, parameter('class', 'query', name)],
      reply: { type: 'array', items: info },
    },
    ...deviceOperations(classes),
  };
}

/** What is asked for by GET, and then goes on over the same socket. */
export interface Stream {
  readonly path: string;
  readonly summary: string;
  readonly takes: readonly Parameter[];
  /** The protocol that the socket is upgraded to. */
  readonly upgrade?: string;
  /** Of what is no upgrade: a line of it, in JSON. */
  readonly line?: Schema;
}

const linger = {
  ...seconds,
  description:
    'With it, the end of what you write is the end of what you type: the console ends when the guest has answered all of it, or, of a guest that does not say so, after so many seconds without a word. Without it: when the domain does.',
} as const satisfies Schema;

export const streams = {
  console: {
    path: '/domains/{domain}/console',
    summary: 'The console of a domain: after the upgrade, its bytes both ways.',
    takes: [domain, parameter('linger', 'query', linger)],
    upgrade: 'ctrl-if-console',
  },
  switch: {
    path: '/switch',
    summary:
      'A client of the switch: after the upgrade, calls, their answers, requests and what is watched, a JSON object a line.',
    takes: [],
    upgrade: 'ctrl-if-switch',
  },
  watch: {
    path: '/events',
    summary:
      'Everything that happens from now on, a JSON object a line. A slow reader loses the oldest, and is told how many.',
    takes: [],
    line: { anyOf: [machineEvent, lostEvents] },
  },
} as const satisfies Readonly<Record<string, Stream>>;

export interface CallOptions {
  /** Gives a wait up with `ERR_CTRL_IF_ABORTED`; other operations are done whatever it says. */
  signal?: AbortSignal;
}

export interface ConsoleOptions {
  /** Seconds of silence that a console is left open once its writing side was ended, see {@link streams}. */
  linger?: Static<typeof linger>;
}

/** A method for each operation of the table. Rejections are `CtrlIfError`s, whose code is stable. */
export type OperationMethods = {
  [Name in OperationName]: (
    ...given: [...Arguments<Operations[Name]['takes']>, options?: CallOptions]
  ) => Answer<Operations[Name]>;
};

/** Those of them that a class of devices has. */
export type DeviceOperationMethods = Pick<OperationMethods, keyof (DeviceOperations & OwnOperations) & OperationName>;

abstract class OperationCalls {
  /** The classes of devices that the machine has. */
  readonly deviceClasses: readonly DeviceClass[];
  /** The table of its operations, by their names. */
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(deviceClasses: readonly DeviceClass[] = DEVICE_CLASSES) {
    this.deviceClasses = deviceClasses;
    this.operations = operationsWith(deviceClasses);
  }

  /** Does operation `name`. @throws CtrlIfError `ERR_CTRL_IF_CONFIG` for an input that is not as the table has it */
  abstract call(name: string, input: Input, options?: CallOptions): Promise<unknown>;
  /** What the domain has written while nobody listened (at most 64 KiB), then what it writes; what is written goes to it. */
  abstract console(domain: DomainReference, options?: ConsoleOptions): Promise<Duplex>;
  /** Everything that happens from now on, until the iterator is returned. A slow reader loses the oldest, and is told how many. */
  abstract watch(): AsyncIterable<MachineEvent | LostEvents>;
}

for (const name of operationNames) {
  Object.defineProperty(OperationCalls.prototype, name, {
    value(this: OperationCalls, ...given: unknown[]) {
      const { takes } = operations[name];
      return this.call(name, inputOf(operations[name], given), given[takes.length] as CallOptions | undefined);
    },
  });
}

export type MachineOperations = OperationCalls & OperationMethods;
/** All operations as methods. A subclass says in `call` how they are done. */
export const MachineOperations = OperationCalls as abstract new (
  deviceClasses?: readonly DeviceClass[],
) => MachineOperations;

export type { Credit, DiskConfig, UsbConfig, VifConfig } from '../device/classes/index.ts';
export type { DomainReference } from '../schema/basic-schema.ts';
export type { DomainConfig } from './config-schema.ts';
export type {
  DeviceClassName,
  DeviceInfo,
  DomainEnd,
  DomainInfo,
  DomainState,
  LostEvents,
  MachineEvent,
  MemoryInfo,
} from './reply-schema.ts';
