import { expect, it } from 'vitest';
import * as wire from '../../lib/wire/index.ts';
import { layout } from './conformance.ts';

it('exports the constants and structs of the header, and exactly these other names', () => {
  const { control_msg_t, control_if_t, ...payloads } = layout.lp64;
  const ofTheHeader = new Set([...Object.keys(layout.constants), ...Object.keys(payloads)]);
  const names = Object.keys(wire);
  expect([...ofTheHeader].filter((name) => !names.includes(name))).toEqual([]);
  expect(names.filter((name) => !ofTheHeader.has(name)).sort()).toEqual([
    'BLKIF_BE_STATUS_ERRORS',
    'CONTROL_IF_BYTES',
    'CtrlIfError',
    'FIRST_USER_TYPE',
    'HEADER_BYTES',
    'ID_NO_ANSWER',
    'ID_OFFSET',
    'LENGTH_OFFSET',
    'MASK_CONTROL_IDX',
    'MESSAGE_BYTES',
    'NETIF_BE_STATUS_ERRORS',
    'PAYLOAD_BYTES',
    'PAYLOAD_OFFSET',
    'REQ_PROD_OFFSET',
    'RSP_PROD_OFFSET',
    'RX_RING_OFFSET',
    'SEED_MESSAGES',
    'SLOTS_OFFSET',
    'SUBTYPE_OFFSET',
    'TX_RING_OFFSET',
    'TYPE_OFFSET',
    'USBIF_BE_STATUS_ERRORS',
    'alias',
    'bytes',
    'char',
    'console_data',
    'createCodec',
    'decode',
    'defineMessage',
    'describeBeStatus',
    'domid',
    'encode',
    'encodeNotUnderstood',
    'f64',
    'i32',
    'i64',
    'mac',
    'memory',
    'out',
    'pad',
    'seedCodec',
    'slotId',
    'slotLength',
    'slotSubtype',
    'slotType',
    'struct',
    'tail',
    'text',
    'u16',
    'u32',
    'u64',
    'u8',
  ]);
});
