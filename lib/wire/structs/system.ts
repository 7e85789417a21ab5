/** The payloads of console, shutdown, memory and VCPU messages. Offsets count from the start of the payload. */

import { tail } from '../fields/bytes.ts';
import { out, pad } from '../fields/field.ts';
import { u32 } from '../fields/numbers.ts';
import { char } from '../fields/strings.ts';
import { struct } from '../struct.ts';

/** CMSG_CONSOLE_DATA, 0 to 60 raw bytes. The header has no struct for it (PROTOCOL.md 2.12). */
export const console_data = struct(null, { data: tail() });

/** CMSG_SHUTDOWN_SYSRQ, 4 bytes: key 0. The other shutdown messages have no payload. */
export const shutdown_sysrq_t = struct('shutdown_sysrq_t', { key: char, __pad: pad(3) });

/**
 * CMSG_MEM_REQUEST_SET, 8 bytes: target 0 (4 KiB pages, requested by the controller), status 4 (OUT). The header labels them the
 * other way round: it names IN and OUT from the controller's side.
 */
export const mem_request_t = struct('mem_request_t', { target: u32, status: out(u32) });

/**
 * CMSG_VCPU_HOTPLUG_OFF and _ON, 8 bytes: vcpu 0, status 4 (OUT, though the header does not mark it). Unlike in all other
 * messages, status 1 means accepted and 0 failed (PROTOCOL.md 2.15).
 */
export const vcpu_hotplug_t = struct('vcpu_hotplug_t', { vcpu: u32, status: out(u32) });
