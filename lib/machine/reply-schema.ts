/** The schemas of a machine's answers and events. */

import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { EngineName } from '../page/page.ts';
import { domainName } from '../schema/basic-schema.ts';
import type { Schema, Static } from '../schema/schema.ts';
import { restart } from './config-schema.ts';

const ENGINES = ['native', 'file', 'sab'] as const satisfies readonly EngineName[];

const count = { type: 'integer', minimum: 0 } as const satisfies Schema;
const text = { type: 'string' } as const satisfies Schema;

export const domainState = {
  type: 'string',
  enum: ['starting', 'running', 'shutting-down', 'suspended', 'dying', 'waiting'],
  description: 'The state of a domain. `waiting`: it has ended, and a restart is due.',
} as const satisfies Schema;

/** The name of a device class. */
export type DeviceClassName = (typeof DEVICE_CLASSES)[number]['name'];

export const deviceClass = { type: 'string', enum: namesOf(DEVICE_CLASSES) } as const satisfies Schema;

function namesOf<const T extends readonly { readonly name: string }[]>(classes: T) {
  return classes.map(({ name }) => name) as unknown as { readonly [I in keyof T]: T[I]['name'] };
}

/** The fields of {@link DeviceInfo} that only one class has. */
type OwnInfo = UnionToIntersection<(typeof DEVICE_CLASSES)[number]['info']>;
type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

function ownInfo(classes: readonly DeviceClass[]): Readonly<Record<string, Schema>> {
  return Object.assign({}, ...classes.map(({ info }) => info));
}

export const memoryInfo = {
  type: 'object',
  description:
    'In MiB. `resizing`: the guest has accepted the target and is working on it. The states after it are how that ended.',
  required: ['target', 'reached', 'maximum', 'state'],
  properties: {
    target: { type: 'number', minimum: 0 },
    reached: { type: 'number', minimum: 0 },
    maximum: { type: 'number', minimum: 0 },
    state: {
      type: 'string',
      enum: ['none', 'idle', 'resizing', 'done', 'maximum', 'in-use', 'no-space', 'failed'],
    },
  },
} as const satisfies Schema;

export const vcpus = {
  type: 'array',
  description: 'Whether each VCPU is on, by its number.',
  items: { type: 'boolean' },
} as const satisfies Schema;

export const deviceInfo = {
  type: 'object',
  required: ['class', 'handle', 'id', 'frontend', 'backend', 'state'],
  properties: {
    class: deviceClass,
    handle: { ...count, description: 'The handle of its interface.' },
    id: { ...text, description: 'The vdevice of a disk, the MAC address of a vif, the path of a USB port.' },
    frontend: { ...count, description: 'The domid of its domain, 0 if the domain does not run.' },
    backend: { ...count, description: 'The domid of its backend, 0 if there is none.' },
    state: {
      ...text,
      description:
        'The state at the controller. WAITING: there is no backend. REFUSED: the backend has refused this device.',
    },
    refused: { ...text, description: 'The status with which its backend refused it.' },
    ...(ownInfo(DEVICE_CLASSES) as OwnInfo),
    frames: {
      type: 'array',
      items: count,
      description: 'The frames that the frontend granted, while it is connected.',
    },
    ports: {
      type: 'object',
      required: ['frontend', 'backend'],
      properties: { frontend: count, backend: count },
      description: 'The ports of the event channel at its two ends, while it is connected.',
    },
  },
  additionalProperties: {},
} as const satisfies Schema;

/** {@link deviceClass} and {@link deviceInfo} for a machine with those device classes. */
export function deviceRepliesWith(classes: readonly DeviceClass[]): {
  name: typeof deviceClass;
  info: typeof deviceInfo;
} {
  if (classes === DEVICE_CLASSES) return { name: deviceClass, info: deviceInfo };
  const name = { type: 'string', enum: namesOf(classes) } as unknown as typeof deviceClass;
  return { name, info: { ...deviceInfo, properties: { ...deviceInfo.properties, ...ownInfo(classes), class: name } } };
}

export const domainInfo = {
  type: 'object',
  required: ['name', 'state', 'memory', 'vcpus', 'devices', 'restart', 'restarts'],
  properties: {
    name: domainName,
    domid: { ...count, description: 'Missing until the domain is connected, and while it waits for a restart.' },
    pid: count,
    engine: { type: 'string', enum: ENGINES },
    state: domainState,
    memory: memoryInfo,
    vcpus,
    devices: { type: 'array', items: deviceInfo },
    restart,
    restarts: count,
    started: { type: 'number', description: 'Milliseconds since the epoch.' },
  },
} as const satisfies Schema;

export const domainEnd = {
  type: 'object',
  required: ['name', 'how'],
  properties: {
    name: domainName,
    how: { type: 'string', enum: ['poweroff', 'reboot', 'suspend', 'crash', 'destroyed'] },
    exitCode: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    signal: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    lastWords: {
      type: 'string',
      description: 'After a crash: the end of its standard error, or the reason why it could not be started again.',
    },
  },
} as const satisfies Schema;

export const machineEvent = {
  type: 'object',
  required: ['at', 'kind', 'name'],
  properties: {
    at: { type: 'number', description: 'Milliseconds since the machine was started.' },
    kind: { type: 'string', enum: ['message', 'domain', 'device'] },
    from: { ...count, description: 'The domid of the sender, 0 for the controller. For a device: its frontend.' },
    to: { ...count, description: 'The domid of the receiver. For a device: its backend.' },
    name: { ...text, description: 'The name of the message or the domain, or the class and the handle of the device.' },
    says: {
      type: 'string',
      description:
        'The fields of a message as text: `CONNECTED handle 0 evtchn 1 domid 1`. For a domain: its last words.',
    },
    result: {
      ...text,
      description:
        'The status of a response, or `answered`. Missing for a request. For a domain or a device: its new state.',
    },
    message: {
      type: 'object',
      required: ['name', 'id'],
      properties: { name: text, id: count },
      additionalProperties: { anyOf: [text, { type: 'number' }] },
      description: 'The message as `ctrl-if decode` prints it, with its id on the ring.',
    },
  },
} as const satisfies Schema;

export const lostEvents = {
  type: 'object',
  description: 'In place of the oldest events, when a reader was too slow.',
  required: ['kind', 'count'],
  properties: { kind: { type: 'string', enum: ['lost'] }, count },
} as const satisfies Schema;

export const problem = {
  type: 'object',
  required: ['status', 'code', 'message'],
  properties: {
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', pattern: '^ERR_CTRL_IF_[A-Z_]+$' },
    message: text,
    advice: text,
    deviceStatus: { ...text, description: 'The status with which a backend refused: `VBD_EXISTS`.' },
    mistakes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['where', 'path', 'kind', 'message'],
        properties: { where: text, path: { type: 'array' }, kind: text, message: text },
      },
    },
  },
} as const satisfies Schema;

/** The state of a domain for the operator. `waiting`: the domain has ended, and a restart is due. docs/domains.md has the table. */
export type DomainState = Static<typeof domainState>;
/**
 * The memory of a domain: the target, the size that it has reached and the maximum, in MiB. `state` is that of the last resize;
 * `none`: the domain has not reported its memory.
 */
export type MemoryInfo = Static<typeof memoryInfo>;
/**
 * A device of a domain: its class, the handle of its interface, its `id` (vdevice, MAC address or path), the domids of both ends, its
 * state and, while it is connected, its frames and ports. Each class adds fields of its own.
 */
export type DeviceInfo = Static<typeof deviceInfo>;
/**
 * A domain with its process, state, memory, VCPUs and devices. `domid` and `engine` are missing unless it is connected; `started` is
 * in milliseconds since the epoch; `restarts` counts its restarts.
 */
export type DomainInfo = Static<typeof domainInfo>;
/**
 * The end of one life of a domain: how it ended, and the exit code or the signal of its process. `lastWords` has the end of its
 * standard error after a crash.
 */
export type DomainEnd = Static<typeof domainEnd>;
/** An event of a machine: a message, a new state of a domain or a new state of a device. `at` is in milliseconds. */
export type MachineEvent = Static<typeof machineEvent>;
/** In place of `count` events that a slow reader has missed. They were the oldest of those that waited. */
export type LostEvents = Static<typeof lostEvents>;
