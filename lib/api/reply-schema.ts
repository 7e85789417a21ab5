/** The shapes of `operations.ts` that the machine answers with, as schemas for the OpenAPI description. */
import { domainName } from '../machine/config-schema.ts';
import {
  DEVICE_CLASSES,
  type DeviceInfo,
  type DomainEnd,
  type DomainInfo,
  type MachineEvent,
  type MemoryInfo,
} from '../machine/operations.ts';
import type { Schema } from '../machine/schema.ts';

interface SchemaOf<T> extends Schema {
  properties: Readonly<Record<keyof T & string, Schema>>;
}

/** Without the index signature: a device may tell more of itself. */
type Named<T> = { [Key in keyof T as string extends Key ? never : Key]: T[Key] };

const count: Schema = { type: 'integer', minimum: 0 };
const text: Schema = { type: 'string' };

export const domainState: Schema = {
  type: 'string',
  enum: ['starting', 'running', 'shutting-down', 'suspended', 'dying', 'waiting'],
};

export const deviceClass: Schema = { type: 'string', enum: DEVICE_CLASSES };

export const memoryInfo: SchemaOf<MemoryInfo> = {
  type: 'object',
  description: 'In MiB.',
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
};

export const vcpus: Schema = {
  type: 'array',
  description: 'For each VCPU whether it is on.',
  items: { type: 'boolean' },
};

export const deviceInfo: SchemaOf<Named<DeviceInfo>> = {
  type: 'object',
  required: ['class', 'handle', 'id', 'frontend', 'backend', 'state'],
  properties: {
    class: deviceClass,
    handle: count,
    id: { ...text, description: "The disk's vdevice, the vif's MAC, the port's path." },
    frontend: count,
    backend: count,
    state: text,
    refused: { ...text, description: 'The status that its backend refused it with.' },
    target: { ...text, description: 'Of a disk: what its backend is to serve.' },
    mode: { type: 'string', enum: ['r', 'w'], description: 'Of a disk: whether it may be written.' },
    frames: { type: 'array', items: count },
    ports: { type: 'object', required: ['frontend', 'backend'], properties: { frontend: count, backend: count } },
  },
};

export const domainInfo: SchemaOf<DomainInfo> = {
  type: 'object',
  required: ['name', 'state', 'memory', 'vcpus', 'devices', 'restart', 'restarts'],
  properties: {
    name: domainName,
    domid: count,
    pid: count,
    engine: text,
    state: domainState,
    memory: memoryInfo,
    vcpus,
    devices: { type: 'array', items: deviceInfo },
    restart: { type: 'string', enum: ['always', 'on-reboot', 'never'] },
    restarts: count,
    started: { type: 'number', description: 'Milliseconds since the epoch.' },
  },
};

const orNull = (type: 'integer' | 'string'): Schema => ({ anyOf: [{ type }, { type: 'null' }] });

export const domainEnd: SchemaOf<DomainEnd> = {
  type: 'object',
  required: ['name', 'how'],
  properties: {
    name: domainName,
    how: { type: 'string', enum: ['poweroff', 'reboot', 'suspend', 'crash', 'destroyed'] },
    exitCode: orNull('integer'),
    signal: orNull('string'),
    lastWords: { type: 'string', description: 'The end of what a domain that has crashed said on standard error.' },
  },
};

export const machineEvent: SchemaOf<MachineEvent> = {
  type: 'object',
  required: ['at', 'kind', 'name'],
  properties: {
    at: { type: 'number', description: 'Milliseconds since the machine began.' },
    kind: { type: 'string', enum: ['message', 'domain', 'device'] },
    from: count,
    to: count,
    name: text,
    says: {
      type: 'string',
      description: 'What a message says: `CONNECTED handle 0 evtchn 1 domid 1`. Of a domain: its last words.',
    },
    result: text,
    message: { type: 'object', description: 'A message as `ctrl-if decode` prints it.' },
  },
};

export const lostEvents: Schema = {
  type: 'object',
  description: 'A reader was too slow for so many events.',
  required: ['kind', 'count'],
  properties: { kind: { type: 'string', enum: ['lost'] }, count },
};

export const problem: Schema = {
  type: 'object',
  required: ['status', 'code', 'message'],
  properties: {
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', pattern: '^ERR_CTRL_IF_[A-Z_]+$' },
    message: text,
    mistakes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['where', 'path', 'kind', 'message'],
        properties: { where: text, path: { type: 'array' }, kind: text, message: text },
      },
    },
  },
};
