/**
 * Where bytes lie in the shared page: the 64-byte slot (`control_msg_t`) and the two rings (`control_if_t`).
 * All offsets are in bytes, all numbers little-endian. Source: `domain_controller.h`, PROTOCOL.md 1.1.
 */
import { CONTROL_RING_MEM, CONTROL_RING_SIZE } from './constants.ts';

/** One slot, a request or its response: `control_msg_t`. */
export const MESSAGE_BYTES = 64;
/** Type, subtype, id and length come before the payload. */
export const HEADER_BYTES = 4;
/** The most a message can carry: `msg[60]`. */
export const PAYLOAD_BYTES = 60;

/** Offset in the slot of `type` (u8), echoed in the response. */
export const TYPE_OFFSET = 0;
/** Offset in the slot of `subtype` (u8), echoed in the response. */
export const SUBTYPE_OFFSET = 1;
/** Offset in the slot of `id` (u8), opaque to the responder and echoed in the response. */
export const ID_OFFSET = 2;
/** Offset in the slot of `length` (u8), 0 to 60: the bytes of `msg` that mean something. */
export const LENGTH_OFFSET = 3;
/** Offset in the slot of `msg`, the payload. */
export const PAYLOAD_OFFSET = HEADER_BYTES;

/** The id of a request whose response nobody waits for (PROTOCOL.md 1.5). */
export const ID_NO_ANSWER = 0xff;

/** Offset in `control_if_t` of the ring in which the guest asks and the controller answers. */
export const TX_RING_OFFSET = 0;
/** Offset in `control_if_t` of the ring in which the controller asks and the guest answers. */
export const RX_RING_OFFSET = CONTROL_RING_MEM;
/** Offset in a ring of `req_prod` (u32, free-running), written by who asks. */
export const REQ_PROD_OFFSET = 0;
/** Offset in a ring of `rsp_prod` (u32, free-running), written by who answers. */
export const RSP_PROD_OFFSET = 4;
/** Offset in a ring of slot 0. */
export const SLOTS_OFFSET = 8;
/** Both rings: `control_if_t`. */
export const CONTROL_IF_BYTES = 2 * CONTROL_RING_MEM;

/** The slot of a free-running ring index: the header's macro of the same name. */
export const MASK_CONTROL_IDX = (index: number): number => index & (CONTROL_RING_SIZE - 1);
