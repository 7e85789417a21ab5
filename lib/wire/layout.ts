/**
 * The layout of the 64-byte slot (`control_msg_t`) and of the two rings (`control_if_t`) in the shared page. Offsets are in bytes,
 * and numbers are little-endian. Source: `domain_controller.h`, PROTOCOL.md 1.1.
 */
import { CONTROL_RING_MEM, CONTROL_RING_SIZE } from './constants.ts';

/** The size of a slot, which holds a request or its response: `control_msg_t`. */
export const MESSAGE_BYTES = 64;
/** The size of type, subtype, id and length, which precede the payload. */
export const HEADER_BYTES = 4;
/** The most bytes of a payload: `msg[60]`. */
export const PAYLOAD_BYTES = 60;

/** Offset in the slot of `type` (u8), echoed in the response. */
export const TYPE_OFFSET = 0;
/** Offset in the slot of `subtype` (u8), echoed in the response. */
export const SUBTYPE_OFFSET = 1;
/** Offset in the slot of `id` (u8), which the response echoes. The responder does not interpret it. */
export const ID_OFFSET = 2;
/** Offset in the slot of `length` (u8), 0 to 60: how many bytes of `msg` are used. */
export const LENGTH_OFFSET = 3;
/** Offset in the slot of `msg`, the payload. */
export const PAYLOAD_OFFSET = HEADER_BYTES;

/** The id of a request whose sender does not wait for the response (PROTOCOL.md 1.5). */
export const ID_NO_ANSWER = 0xff;

/** Offset in `control_if_t` of `tx_ring`, which holds the guest's requests and the controller's responses. */
export const TX_RING_OFFSET = 0;
/** Offset in `control_if_t` of `rx_ring`, which holds the controller's requests and the guest's responses. */
export const RX_RING_OFFSET = CONTROL_RING_MEM;
/** Offset in a ring of `req_prod` (u32, free-running), written by the front. */
export const REQ_PROD_OFFSET = 0;
/** Offset in a ring of `rsp_prod` (u32, free-running), written by the back. */
export const RSP_PROD_OFFSET = 4;
/** Offset in a ring of slot 0. */
export const SLOTS_OFFSET = 8;
/** The size of both rings: `control_if_t`. */
export const CONTROL_IF_BYTES = 2 * CONTROL_RING_MEM;

/** The slot of a free-running ring index: the header's macro of the same name. */
export const MASK_CONTROL_IDX = (index: number): number => index & (CONTROL_RING_SIZE - 1);
