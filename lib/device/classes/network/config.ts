import { domainReference, MAX_U32 } from '../../../schema/basic-schema.ts';
import { operation, parameter } from '../../../schema/operation.ts';
import type { Schema, Static } from '../../../schema/schema.ts';
import { backendKey } from '../../class.ts';

/** The schema of a rate limit. */
export const credit = {
  type: 'object',
  title: 'a limit of bytes in a number of microseconds',
  additionalProperties: false,
  required: ['bytes', 'microseconds'],
  properties: {
    bytes: { type: 'integer', minimum: 1, maximum: MAX_U32 },
    microseconds: { type: 'integer', minimum: 1, maximum: MAX_U32 },
  },
  description: 'The bytes that may be sent in each interval of that many microseconds. Default: no limit.',
} as const satisfies Schema;

/** The schema of a network interface's configuration. */
export const vif = {
  type: 'object',
  title: 'a network interface',
  additionalProperties: false,
  properties: {
    backend: backendKey,
    mac: {
      type: 'string',
      title: 'a MAC address of six hexadecimal pairs with ":" between them',
      pattern: '^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$',
      examples: ['00:16:3e:12:34:56'],
      description: "Default: a random address in Xen's range, 00:16:3e:....",
    },
    credit,
  },
  examples: [{ mac: '00:16:3e:00:00:02' }],
} as const satisfies Schema;

const domain = parameter('domain', 'path', domainReference);
/** The handle in the path of an operation. */
export const handle = parameter('handle', 'path', {
  type: 'integer',
  minimum: 0,
  maximum: MAX_U32,
  examples: [0],
  description: "The interface's handle, as in the list of devices.",
});

/** The operations on a network interface besides attach and detach. */
export const vifOperations = {
  networkLimit: operation({
    method: 'put',
    path: '/domains/{domain}/vifs/{handle}/credit',
    summary: 'Limit the rate of a network interface.',
    takes: [domain, handle, parameter('credit', 'body', credit)],
    status: 204,
  }),
  networkUnlimit: operation({
    method: 'delete',
    path: '/domains/{domain}/vifs/{handle}/credit',
    summary: 'Lift the limit of a network interface.',
    takes: [domain, handle],
    status: 204,
  }),
};

/** A rate limit: bytes in each interval of that many microseconds, both from 1 to 2^32 - 1. */
export type Credit = Static<typeof credit>;
/** The configuration of a network interface. All keys are optional. */
export type VifConfig = Static<typeof vif>;
