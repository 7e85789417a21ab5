import { CONTROL_RING_SIZE } from './constants.ts';
import { MESSAGE_BYTES, RX_RING_OFFSET, TX_RING_OFFSET } from './layout.ts';

/**
 * The two rings of the header's `control_if_t` (1,040 bytes at the start of the page). Each has u32 `req_prod`, u32 `rsp_prod` and
 * 8 slots of 64 bytes: `CONTROL_RING_MEM` = 520 bytes.
 */
const CONTROL_RING = { entryBytes: MESSAGE_BYTES, slots: CONTROL_RING_SIZE } as const;

/** The control page's `tx_ring`, from byte 0: the guest is its front, the controller its back. */
export const CONTROL_TX = { offset: TX_RING_OFFSET, ...CONTROL_RING } as const;
/** The control page's `rx_ring`, from byte 520: the controller is its front, the guest its back. */
export const CONTROL_RX = { offset: RX_RING_OFFSET, ...CONTROL_RING } as const;
