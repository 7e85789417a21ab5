/**
 * The table of the header's 42 messages: name, type, subtype, direction, payload, and the meaning of the response.
 * Source: `domain_controller.h`; directions PROTOCOL.md 2.0, responses 2.0 and 2.12 to 2.15, deferral 1.6.
 */
import * as c from './constants.ts';
import type { Direction, MessageDefinition, ResponseRule } from './definition.ts';
import { type Fields, nothing, type Struct } from './struct.ts';
import * as blkif from './structs/blkif.ts';
import * as netif from './structs/netif.ts';
import * as system from './structs/system.ts';
import * as usbif from './structs/usbif.ts';

const ack: ResponseRule = Object.freeze({ kind: 'ack' });
const fill: ResponseRule = Object.freeze({ kind: 'fill' });
/** `*_BE_STATUS_OKAY` and `*_BE_STATUS_ERROR`, the same numbers in block, network and USB. */
const beStatus: ResponseRule = Object.freeze({
  kind: 'status',
  field: 'status',
  okay: c.BLKIF_BE_STATUS_OKAY,
  error: c.BLKIF_BE_STATUS_ERROR,
});
/** The original always answers 0 (PROTOCOL.md 2.14). */
const memStatus: ResponseRule = Object.freeze({ kind: 'status', field: 'status', okay: 0, error: 1 });
/** Unlike all others: 1 means accepted, 0 means failed (PROTOCOL.md 2.15). */
const vcpuStatus: ResponseRule = Object.freeze({ kind: 'status', field: 'status', okay: 1, error: 0 });

function line(isDeferred: boolean) {
  return <const Name extends string, F extends Fields>(
    name: Name,
    type: number,
    subtype: number,
    direction: Direction,
    struct: Struct<F>,
    response: ResponseRule,
  ): MessageDefinition<Name, F> =>
    Object.freeze({ name, type, subtype, direction, struct, response, deferred: isDeferred });
}
const immediate = line(false);
const deferred = line(true);

/** The header's messages, in order of type and subtype. */
// biome-ignore format: a table, one message a line
export const SEED_MESSAGES = Object.freeze([
  immediate('CONSOLE_DATA', c.CMSG_CONSOLE, c.CMSG_CONSOLE_DATA, 'both', system.console_data, ack),

  deferred('BLKIF_BE_CREATE', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_CREATE, 'toGuest', blkif.blkif_be_create_t, beStatus),
  deferred('BLKIF_BE_DESTROY', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_DESTROY, 'toGuest', blkif.blkif_be_destroy_t, beStatus),
  deferred('BLKIF_BE_CONNECT', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_CONNECT, 'toGuest', blkif.blkif_be_connect_t, beStatus),
  deferred('BLKIF_BE_DISCONNECT', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_DISCONNECT, 'toGuest', blkif.blkif_be_disconnect_t, beStatus),
  deferred('BLKIF_BE_VBD_CREATE', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_VBD_CREATE, 'toGuest', blkif.blkif_be_vbd_create_t, beStatus),
  deferred('BLKIF_BE_VBD_DESTROY', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_VBD_DESTROY, 'toGuest', blkif.blkif_be_vbd_destroy_t, beStatus),
  deferred('BLKIF_BE_DRIVER_STATUS', c.CMSG_BLKIF_BE, c.CMSG_BLKIF_BE_DRIVER_STATUS, 'toController', blkif.blkif_be_driver_status_t, ack),

  deferred('BLKIF_FE_INTERFACE_STATUS', c.CMSG_BLKIF_FE, c.CMSG_BLKIF_FE_INTERFACE_STATUS, 'toGuest', blkif.blkif_fe_interface_status_t, ack),
  deferred('BLKIF_FE_DRIVER_STATUS', c.CMSG_BLKIF_FE, c.CMSG_BLKIF_FE_DRIVER_STATUS, 'toController', blkif.blkif_fe_driver_status_t, fill),
  deferred('BLKIF_FE_INTERFACE_CONNECT', c.CMSG_BLKIF_FE, c.CMSG_BLKIF_FE_INTERFACE_CONNECT, 'toController', blkif.blkif_fe_interface_connect_t, ack),
  deferred('BLKIF_FE_INTERFACE_DISCONNECT', c.CMSG_BLKIF_FE, c.CMSG_BLKIF_FE_INTERFACE_DISCONNECT, 'toController', blkif.blkif_fe_interface_disconnect_t, ack),
  deferred('BLKIF_FE_INTERFACE_QUERY', c.CMSG_BLKIF_FE, c.CMSG_BLKIF_FE_INTERFACE_QUERY, 'toController', blkif.blkif_fe_interface_query_t, fill),

  deferred('NETIF_BE_CREATE', c.CMSG_NETIF_BE, c.CMSG_NETIF_BE_CREATE, 'toGuest', netif.netif_be_create_t, beStatus),
  deferred('NETIF_BE_DESTROY', c.CMSG_NETIF_BE, c.CMSG_NETIF_BE_DESTROY, 'toGuest', netif.netif_be_destroy_t, beStatus),
  deferred('NETIF_BE_CONNECT', c.CMSG_NETIF_BE, c.CMSG_NETIF_BE_CONNECT, 'toGuest', netif.netif_be_connect_t, beStatus),
  deferred('NETIF_BE_DISCONNECT', c.CMSG_NETIF_BE, c.CMSG_NETIF_BE_DISCONNECT, 'toGuest', netif.netif_be_disconnect_t, beStatus),
  deferred('NETIF_BE_CREDITLIMIT', c.CMSG_NETIF_BE, c.CMSG_NETIF_BE_CREDITLIMIT, 'toGuest', netif.netif_be_creditlimit_t, beStatus),
  deferred('NETIF_BE_DRIVER_STATUS', c.CMSG_NETIF_BE, c.CMSG_NETIF_BE_DRIVER_STATUS, 'toController', netif.netif_be_driver_status_t, ack),

  deferred('NETIF_FE_INTERFACE_STATUS', c.CMSG_NETIF_FE, c.CMSG_NETIF_FE_INTERFACE_STATUS, 'toGuest', netif.netif_fe_interface_status_t, ack),
  deferred('NETIF_FE_DRIVER_STATUS', c.CMSG_NETIF_FE, c.CMSG_NETIF_FE_DRIVER_STATUS, 'both', netif.netif_fe_driver_status_t, fill),
  deferred('NETIF_FE_INTERFACE_CONNECT', c.CMSG_NETIF_FE, c.CMSG_NETIF_FE_INTERFACE_CONNECT, 'toController', netif.netif_fe_interface_connect_t, ack),
  deferred('NETIF_FE_INTERFACE_DISCONNECT', c.CMSG_NETIF_FE, c.CMSG_NETIF_FE_INTERFACE_DISCONNECT, 'toController', netif.netif_fe_interface_disconnect_t, ack),
  deferred('NETIF_FE_INTERFACE_QUERY', c.CMSG_NETIF_FE, c.CMSG_NETIF_FE_INTERFACE_QUERY, 'toController', netif.netif_fe_interface_query_t, fill),

  immediate('SHUTDOWN_POWEROFF', c.CMSG_SHUTDOWN, c.CMSG_SHUTDOWN_POWEROFF, 'toGuest', nothing, ack),
  immediate('SHUTDOWN_REBOOT', c.CMSG_SHUTDOWN, c.CMSG_SHUTDOWN_REBOOT, 'toGuest', nothing, ack),
  immediate('SHUTDOWN_SUSPEND', c.CMSG_SHUTDOWN, c.CMSG_SHUTDOWN_SUSPEND, 'toGuest', nothing, ack),
  immediate('SHUTDOWN_SYSRQ', c.CMSG_SHUTDOWN, c.CMSG_SHUTDOWN_SYSRQ, 'toGuest', system.shutdown_sysrq_t, ack),

  immediate('MEM_REQUEST_SET', c.CMSG_MEM_REQUEST, c.CMSG_MEM_REQUEST_SET, 'toGuest', system.mem_request_t, memStatus),

  deferred('USBIF_BE_CREATE', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_CREATE, 'toGuest', usbif.usbif_be_create_t, beStatus),
  deferred('USBIF_BE_DESTROY', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_DESTROY, 'toGuest', usbif.usbif_be_destroy_t, beStatus),
  deferred('USBIF_BE_CONNECT', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_CONNECT, 'toGuest', usbif.usbif_be_connect_t, beStatus),
  deferred('USBIF_BE_DISCONNECT', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_DISCONNECT, 'toGuest', usbif.usbif_be_disconnect_t, beStatus),
  deferred('USBIF_BE_CLAIM_PORT', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_CLAIM_PORT, 'toGuest', usbif.usbif_be_claim_port_t, beStatus),
  deferred('USBIF_BE_RELEASE_PORT', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_RELEASE_PORT, 'toGuest', usbif.usbif_be_release_port_t, ack),
  deferred('USBIF_BE_DRIVER_STATUS_CHANGED', c.CMSG_USBIF_BE, c.CMSG_USBIF_BE_DRIVER_STATUS_CHANGED, 'toController', usbif.usbif_be_driver_status_changed_t, ack),

  deferred('USBIF_FE_INTERFACE_STATUS_CHANGED', c.CMSG_USBIF_FE, c.CMSG_USBIF_FE_INTERFACE_STATUS_CHANGED, 'toGuest', usbif.usbif_fe_interface_status_changed_t, ack),
  deferred('USBIF_FE_DRIVER_STATUS_CHANGED', c.CMSG_USBIF_FE, c.CMSG_USBIF_FE_DRIVER_STATUS_CHANGED, 'toController', usbif.usbif_fe_driver_status_changed_t, ack),
  deferred('USBIF_FE_INTERFACE_CONNECT', c.CMSG_USBIF_FE, c.CMSG_USBIF_FE_INTERFACE_CONNECT, 'toController', usbif.usbif_fe_interface_connect_t, ack),
  deferred('USBIF_FE_INTERFACE_DISCONNECT', c.CMSG_USBIF_FE, c.CMSG_USBIF_FE_INTERFACE_DISCONNECT, 'toController', usbif.usbif_fe_interface_disconnect_t, ack),

  immediate('VCPU_HOTPLUG_OFF', c.CMSG_VCPU_HOTPLUG, c.CMSG_VCPU_HOTPLUG_OFF, 'toGuest', system.vcpu_hotplug_t, vcpuStatus),
  immediate('VCPU_HOTPLUG_ON', c.CMSG_VCPU_HOTPLUG, c.CMSG_VCPU_HOTPLUG_ON, 'toGuest', system.vcpu_hotplug_t, vcpuStatus),
] as const);

/** The definition of one of the header's 42 messages. */
export type SeedDefinition = (typeof SEED_MESSAGES)[number];
