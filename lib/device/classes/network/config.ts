import { domainReference, MAX_U32 } from '../../../schema/basic-schema.ts';
import { operation, parameter } from '../../../schema/operation.ts';
import type { Schema, Static } from '../../../schema/schema.ts';
import { backendKey } from '../../class.ts';

export const credit = {
  type: 'object',
  title: 'a limit of bytes in so many microseconds',
  additionalProperties: false,
  required: ['bytes', 'microseconds'],
  properties: {
    bytes: { type: 'integer', minimum: 1, maximum: MAX_U32 },
    microseconds: { type: 'integer', minimum: 1, maximum: MAX_U32 },
  },
  description: 'Bytes in each interval of so many microseconds; default: no limit.',
} as const satisfies Schema;

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
      description: "Default: a random one of Xen's, 00:16:3e:....",
    },
    credit,
  },
  examples: [{ mac: '00:16:3e:00:00:02' }],
} as const satisfies Schema;

const domain = parameter('domain', 'path', domainReference);
export const handle = parameter('handle', 'path', {
  type: 'integer',
  minimum: 0,
  maximum: MAX_U32,
  examples: [0],
  description: "The interface's handle, as in the list of devices.",
});

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

export type Credit = Static<typeof credit>;
export type VifConfig = Static<typeof vif>;
