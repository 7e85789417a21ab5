// A class of devices of one's own: its backend fills the frontend's page with random bytes, as many as it was created for.
import { randomBytes } from 'node:crypto';
import {
  BACKEND_EVENTS,
  BACKEND_ROWS,
  Backend,
  BackendInterface,
  backendContext,
  FRONTEND_EVENTS,
  FRONTEND_ROWS,
  Frontend,
} from '../../../dist/device/index.js';
import { defineMessage, domid, out, pad, u16, u32, u64 } from '../../../dist/index.js';

const FRONTEND_TYPE = 40;
const BACKEND_TYPE = 41;
const status = { kind: 'status', field: 'status', okay: 0, error: 1 };
const message = (type, subtype, name, direction, payload, response) =>
  defineMessage({ name, type, subtype, direction, payload, deferred: true, ...(response && { response }) });
const at = { domid, __pad: pad(2), randifHandle: u32 };

export const MESSAGES = [
  message(FRONTEND_TYPE, 0, 'RANDIF_FE_STATUS', 'toGuest', { handle: u32, status: u32, evtchn: u16, domid }),
  message(FRONTEND_TYPE, 32, 'RANDIF_FE_DRIVER', 'toController', { status: u32, maxHandle: out(u32) }),
  message(FRONTEND_TYPE, 33, 'RANDIF_FE_CONNECT', 'toController', { handle: u32, __pad: pad(4), shmemFrame: u64 }),
  message(FRONTEND_TYPE, 34, 'RANDIF_FE_DISCONNECT', 'toController', { handle: u32 }),
  message(BACKEND_TYPE, 0, 'RANDIF_BE_CREATE', 'toGuest', { ...at, count: u32, status: out(u32) }, status),
  message(BACKEND_TYPE, 1, 'RANDIF_BE_DESTROY', 'toGuest', { ...at, status: out(u32) }, status),
  message(
    BACKEND_TYPE,
    2,
    'RANDIF_BE_CONNECT',
    'toGuest',
    { ...at, shmemFrame: u64, evtchn: u16, __pad2: pad(2), status: out(u32) },
    status,
  ),
  message(BACKEND_TYPE, 3, 'RANDIF_BE_DISCONNECT', 'toGuest', { ...at, status: out(u32) }, status),
  message(BACKEND_TYPE, 32, 'RANDIF_BE_DRIVER', 'toController', { status: u32 }),
];

const RANDOM = {
  name: 'random',
  messages: MESSAGES,
  frontend: {
    INTERFACE_STATUS: 'RANDIF_FE_STATUS',
    DRIVER_STATUS: 'RANDIF_FE_DRIVER',
    CONNECT: 'RANDIF_FE_CONNECT',
    DISCONNECT: 'RANDIF_FE_DISCONNECT',
  },
  backend: {
    CREATE: 'RANDIF_BE_CREATE',
    DESTROY: 'RANDIF_BE_DESTROY',
    CONNECT: 'RANDIF_BE_CONNECT',
    DISCONNECT: 'RANDIF_BE_DISCONNECT',
    DRIVER_STATUS: 'RANDIF_BE_DRIVER',
  },
  backendHandle: 'randifHandle',
  frameFields: ['shmemFrame'],
  ownFields: { create: { count: 16 } },
  statuses: {
    OKAY: 0,
    ERROR: 1,
    INTERFACE_EXISTS: 2,
    INTERFACE_NOT_FOUND: 3,
    INTERFACE_CONNECTED: 4,
    OUT_OF_MEMORY: 5,
    MAPPING_ERROR: 6,
  },
  connectsOnce: false,
  answersDriverUp: false,
  changedStatus: undefined,
};

class RandomInterface extends BackendInterface {
  constructor(id, { count }) {
    super(id);
    this.count = count;
  }
}

class RandomBackend extends Backend {
  ownActions = {};

  newInterface(id, message) {
    return new RandomInterface(id, message);
  }

  onNotify(device) {
    device.frames[0].write(0, randomBytes(device.count));
    device.notify();
  }
}

const frontendTable = { name: 'random frontend', initial: 'CLOSED', events: FRONTEND_EVENTS, cells: FRONTEND_ROWS };
const backendTable = { name: 'random backend', initial: 'ABSENT', events: BACKEND_EVENTS, cells: BACKEND_ROWS };

const random = {
  type: 'object',
  title: 'a source of random bytes',
  additionalProperties: false,
  properties: {
    backend: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    count: { type: 'integer', minimum: 1, maximum: 4096, default: 16 },
  },
  examples: [{ count: 16 }],
};

/** @type {import('../../../dist/device/index.js').DeviceClass} */
export const RANDOM_CLASS = {
  name: 'random',
  noun: 'source of random bytes',
  list: 'randoms',
  item: 'random',
  config: random,
  key: { name: 'handle', schema: { type: 'integer', minimum: 0, examples: [0] } },
  unique: 'name',
  ignoreCase: false,
  info: { count: { type: 'integer', description: 'Of a source of random bytes: how many it gives at once.' } },
  columns: ['count'],
  operations: {},

  wire: RANDOM,
  tables: [frontendTable, backendTable],
  frontend: (context) => new Frontend(RANDOM, frontendTable, context),
  backend: (guest) => new RandomBackend(RANDOM, backendTable, backendContext(guest), {}),

  interfacePer: 'device',
  place: ({ count = 16 }) => ({ count }),
  describe: ({ count }) => ({ id: `${count} bytes`, count }),
  fields: ({ count }) => ({ create: { count } }),
};
