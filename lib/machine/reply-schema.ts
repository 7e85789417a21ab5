/** What a machine answers, and what it tells those who watch. */

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

/** The name of a class. */
export type DeviceClassName = (typeof DEVICE_CLASSES)[number]['name'];

export const deviceClass = { type: 'string', enum: namesOf(DEVICE_CLASSES) } as const satisfies Schema;

function namesOf<const T extends readonly { readonly name: string }[]>(classes: T) {
  return classes.map(({ name }) => name) as unknown as { readonly [I in keyof T]: T[I]['name'] };
}

/** What only one class has in the list of devices. */
type OwnInfo = UnionToIntersection<(typeof DEVICE_CLASSES)[number]['info']>;
type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

function ownInfo(classes: readonly DeviceClass[]): Readonly<Record<string, Schema>> {
  return Object.assign({}, ...classes.map(({ info }) => info));
}

export const memoryInfo = {
  type: 'object',
  description: 'In MiB. `resizing`: the target is understood and under way; the states after it say how that ended.',
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
  description: 'For each VCPU whether it is on.',
  items: { type: 'boolean' },
} as const satisfies Schema;

export const deviceInfo = {
  type: 'object',
  required: ['class', 'handle', 'id', 'frontend', 'backend', 'state'],
  properties: {
    class: deviceClass,
    handle: { ...count, description: "The interface's." },
    id: { ...text, description: "The disk's vdevice, the vif's MAC, the port's path." },
    frontend: { ...count, description: 'The domid of this end.' },
    backend: { ...count, description: 'The domid of the other.' },
    state: {
      ...text,
      description:
        'As the controller has it; WAITING without a backend, REFUSED where its backend has not this part of it.',
    },
    refused: { ...text, description: 'The status that its backend refused it with.' },
    ...(ownInfo(DEVICE_CLASSES) as OwnInfo),
    frames: { type: 'array', items: count, description: 'Once connected: those that the frontend granted.' },
    ports: {
      type: 'object',
      required: ['frontend', 'backend'],
      properties: { frontend: count, backend: count },
      description: 'Once connected: the event channel at its two ends.',
    },
  },
  additionalProperties: {},
} as const satisfies Schema;

/** {@link deviceClass} and {@link deviceInfo} where a machine has those classes. */
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
    domid: { ...count, description: 'Missing until it is connected, and while it waits for a restart.' },
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
      description:
        'The end of what a domain that has crashed said on standard error, or why it could not be started again.',
    },
  },
} as const satisfies Schema;

export const machineEvent = {
  type: 'object',
  required: ['at', 'kind', 'name'],
  properties: {
    at: { type: 'number', description: 'Milliseconds since the machine began.' },
    kind: { type: 'string', enum: ['message', 'domain', 'device'] },
    from: { ...count, description: 'A domid, 0 being the controller; of a device, its frontend.' },
    to: { ...count, description: 'A domid; of a device, its backend.' },
    name: { ...text, description: "The message's, the domain's, or the device's class and handle." },
    says: {
      type: 'string',
      description: 'What a message says: `CONNECTED handle 0 evtchn 1 domid 1`. Of a domain: its last words.',
    },
    result: {
      ...text,
      description: "A response's status or `answered`, a request has none; a domain's or a device's new state.",
    },
    message: {
      type: 'object',
      required: ['name', 'id'],
      properties: { name: text, id: count },
      additionalProperties: { anyOf: [text, { type: 'number' }] },
      description: 'A message as `ctrl-if decode` prints it, with the id that it has on its ring.',
    },
  },
} as const satisfies Schema;

export const lostEvents = {
  type: 'object',
  description: 'In place of events that a reader was too slow for: they were the oldest that waited.',
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
    deviceStatus: { ...text, description: 'The status with which a backend refused, as `VBD_EXISTS`.' },
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

export type DomainState = Static<typeof domainState>;
export type MemoryInfo = Static<typeof memoryInfo>;
export type DeviceInfo = Static<typeof deviceInfo>;
export type DomainInfo = Static<typeof domainInfo>;
export type DomainEnd = Static<typeof domainEnd>;
export type MachineEvent = Static<typeof machineEvent>;
export type LostEvents = Static<typeof lostEvents>;
