/**
 * The operations of a machine, in one table. From it come the methods of the machine, of its client and of its fake, the checks of
 * their arguments, the HTTP routes, the OpenAPI description and the commands of the command line.
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
  title: 'a reason, and an optional timeout',
  additionalProperties: false,
  required: ['reason'],
  properties: {
    reason: { type: 'string', enum: ['poweroff', 'reboot', 'suspend'] },
    timeout: {
      ...seconds,
      description:
        'The time that the domain has. Then a domain that has not ended is destroyed, and one that has not suspended continues to run. 0: no limit; default: `shutdownSeconds` of its configuration.',
    },
  },
} as const satisfies Schema;
/** The `reason` of a shutdown and its `timeout` in seconds; 0 is no limit. Default: `shutdownSeconds` of the configuration. */
export type ShutdownOptions = Static<typeof shutdownOptions>;

const sysrqKey = {
  type: 'string',
  title: 'one character of ASCII',
  pattern: '^[ -~]$',
  description: 'One character. `b`, `c` and `o` may end the domain before it answers, which is not an error.',
} as const satisfies Schema;

type Entry = (typeof DEVICE_CLASSES)[number];

/** The operations of every device class. */
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
/** The operations that only some classes have. */
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
        summary: `Detach a ${noun} from a domain.`,
        takes: [domain, parameter(key.name, 'path', key.schema)],
        status: 204,
      }),
      ...operations,
    })),
  );
}

/** The table of operations, by the name of the method. */
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
    summary: 'Show the state, memory, processors and devices of a domain.',
    takes: [domain],
    reply: domainInfo,
    status: 200,
  }),
  destroy: operation({
    method: 'delete',
    path: '/domains/{domain}',
    summary: 'Destroy a domain at once.',
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
    summary: 'Resume a suspended domain.',
    takes: [domain],
    reply: domainInfo,
    status: 200,
  }),
  sysrq: operation({
    method: 'post',
    path: '/domains/{domain}/sysrq',
    summary: 'Send a SysRq key to a domain.',
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
    summary: "Set a domain's memory in MiB, and wait until it is reached.",
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

/** The type of {@link operations}. */
export type Operations = typeof operations;
/** The name of an operation and of its method. */
export type OperationName = keyof Operations;
/** The names of all operations, in the order of the table. */
export const operationNames = Object.keys(operations) as readonly OperationName[];

/** {@link operations} for a machine with those device classes. */
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

/** A request by GET whose answer continues until one side ends it. */
export interface Stream {
  /** As in OpenAPI: `/domains/{domain}/console`. */
  readonly path: string;
  /** One sentence for OpenAPI and the docs. */
  readonly summary: string;
  /** The parameters in the path and in the query. */
  readonly takes: readonly Parameter[];
  /** The protocol that the socket is upgraded to. Missing: the answer is lines of JSON. */
  readonly upgrade?: string;
  /** The schema of one line, if there is no upgrade. */
  readonly line?: Schema;
}

const linger = {
  ...seconds,
  description:
    'With it, the console ends after the end of your input: when the guest has answered all of it or, if the guest does not report that, after this many seconds without output. Without it, the console ends with the domain.',
} as const satisfies Schema;

/** The requests that continue after their answer has begun, by the name of the method. */
export const streams = {
  console: {
    path: '/domains/{domain}/console',
    summary: 'The console of a domain. After the upgrade the socket carries its bytes both ways.',
    takes: [domain, parameter('linger', 'query', linger)],
    upgrade: 'ctrl-if-console',
  },
  switch: {
    path: '/switch',
    summary:
      'A client of the switch. After the upgrade the socket carries calls, their answers and requests of domains, one JSON object a line.',
    takes: [],
    upgrade: 'ctrl-if-switch',
  },
  watch: {
    path: '/events',
    summary: 'The events from now on, one JSON object a line. A slow reader misses the oldest and gets their number.',
    takes: [],
    line: { anyOf: [machineEvent, lostEvents] },
  },
} as const satisfies Readonly<Record<string, Stream>>;

/** Options of every operation. */
export interface CallOptions {
  /** Ends a `wait` with `ERR_CTRL_IF_ABORTED`. A machine completes its other operations all the same. */
  signal?: AbortSignal;
}

/** Options of {@link MachineOperations.console}. */
export interface ConsoleOptions {
  /**
   * With it, the console ends after its writing side: when the guest has answered all input or, if the guest does not report that,
   * after this many seconds without output. Without it, the console ends with the domain.
   */
  linger?: Static<typeof linger>;
}

/** One method for each operation of the table. They reject with a `CtrlIfError`. */
export type OperationMethods = {
  [Name in OperationName]: (
    ...given: [...Arguments<Operations[Name]['takes']>, options?: CallOptions]
  ) => Answer<Operations[Name]>;
};

/** The methods of the operations that belong to a device class. */
export type DeviceOperationMethods = Pick<OperationMethods, keyof (DeviceOperations & OwnOperations) & OperationName>;

abstract class OperationCalls {
  /** The device classes of the machine. */
  readonly deviceClasses: readonly DeviceClass[];
  /** The table of the machine's operations, by name. */
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(deviceClasses: readonly DeviceClass[] = DEVICE_CLASSES) {
    this.deviceClasses = deviceClasses;
    this.operations = operationsWith(deviceClasses);
  }

  /**
   * Runs the operation `name`. The method of that name does the same.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_REQUEST` if there is no such operation, `ERR_CTRL_IF_CONFIG` if the table does not allow `input`,
   *   and the errors of the operation
   */
  abstract call(name: string, input: Input, options?: CallOptions): Promise<unknown>;
  /**
   * The console of a domain. It first reads the output that no reader has got yet, at most 64 KiB, then new output. Bytes that are
   * written go to the guest. A console has one reader: a new one ends the stream of the previous one.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if there is no such domain, `ERR_CTRL_IF_CONFIG` for a wrong `linger`
   */
  abstract console(domain: DomainReference, options?: ConsoleOptions): Promise<Duplex>;
  /** The events from now on, until `return()`. A slow reader misses the oldest events and gets their number. */
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

/** The operations of a machine as methods, with its console and its events. */
export type MachineOperations = OperationCalls & OperationMethods;
/** The base class of {@link Machine} and its clients, with a method for each operation. A subclass runs them in `call`. */
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
