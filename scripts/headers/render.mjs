// Renders the headers native/include/ctrl_if/wire.h and codes.h from TypeScript tables. The caller passes the modules, so that
// a test can render from lib/ and the script from dist/.

const MADE_BY = `// clang-format off
// Made by \`node scripts/render-headers.mjs\`; a test fails when it is out of date. C11 and C++17.
//
`;

/** `PAGE_ASLEEP` becomes `PageAsleep`, for a prefix such as `k`; `startTime` becomes `StartTime`. */
const capitalized = (name) =>
  name
    .split(/[_-]|(?<=[a-z])(?=[A-Z])/)
    .map((word) => word[0].toUpperCase() + word.slice(1).toLowerCase())
    .join('');
const toSnake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A module's exports in the order of their names. The loader of a module decides their own order. */
const sorted = (module) => Object.entries(module).sort(([a], [b]) => (a < b ? -1 : 1));

/** The text of wire.h, from the modules of lib/wire. */
export function renderWire({ constants, layout, page, memory, messages, structs }) {
  const payloads = structs
    .flatMap((module) => sorted(module).map(([, struct]) => struct))
    .filter((struct) => struct.cName !== null);
  const own = [layout, page, memory].flatMap(sorted);
  return `${MADE_BY}// The layout of the shared page and of its messages: numbers and packed structs with the names of domain_controller.h, and
// the offsets that ctrl-if has added (docs/page-layout.md says which side writes each). Numbers are little-endian.
//
// A hostile peer may write to the page at any time. The structs give sizes and offsets; hold no reference to one in the page.
// ring.hpp copies slots out, and readers of a message read the copy.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CTRL_IF_CONSTANT(name, value) inline constexpr uint32_t name = value;
namespace ctrl_if {
#else
#include <assert.h>
#define CTRL_IF_CONSTANT(name, value) enum { name = value };
#endif

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the page has little-endian words, which are loaded unchanged");

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
${aliasesOf(payloads)}
// The numbers of domain_controller.h.
${constantLines(sorted(constants))}

// lib/wire/layout.ts, page.ts and memory.ts: slots and rings, the page from byte 2048 on, a guest's memory.
${constantLines(own.flatMap(([name, value]) => flatten(`k${capitalized(name)}`, value)))}

#undef CTRL_IF_CONSTANT

${rings(layout, constants)}
${payloads.map((struct) => payload(struct, messages)).join('\n')}
#ifdef __cplusplus
}  // namespace ctrl_if
#endif
`;
}

/** The text of codes.h, from lib/page/native-codes.ts and the modules whose numbers it repeats. */
export function renderCodes({ codes, layout, page, memory }) {
  const inWire = new Set([...Object.keys(layout), ...Object.keys(page), ...Object.keys(memory)]);
  const all = sorted(codes);
  const own = all.filter(([name]) => !inWire.has(name)).map(([name, value]) => [`k${capitalized(name)}`, value]);
  return `${MADE_BY}// Numbers that the addon and TypeScript share. lib/page/native-codes.ts describes them.
#pragma once

#include "wire.h"

#ifdef __cplusplus
namespace ctrl_if {
${own.map(([name, value]) => `inline constexpr int32_t ${name} = ${value};`).join('\n')}
}  // namespace ctrl_if
#else
${own.map(([name, value]) => `enum { ${name} = ${value} };`).join('\n')}
#endif

/// All shared numbers. The addon exports them, and lib/page/addon.ts refuses an addon with other numbers.
#define CTRL_IF_CODES(CODE) \\
${all.map(([name]) => `  CODE(${name}, k${capitalized(name)})`).join(' \\\n')}
`;
}

/** An exported value of lib/wire as [name, number]. Objects and lists of numbers give one for each key, functions none. */
function flatten(name, value) {
  if (typeof value === 'function') return [];
  if (typeof value === 'number') return [[name, value]];
  // In a list of words, each word's index is its number.
  if (Array.isArray(value) && typeof value[0] === 'string')
    return value.map((word, number) => [name + capitalized(word), number]);
  return Object.entries(value).flatMap(([key, part]) => flatten(name + capitalized(key), part));
}

function constantLines(constants) {
  return constants
    .map(([name, value]) => {
      if (!Number.isInteger(value) || value < 0 || value > 0x7fff_ffff)
        throw new RangeError(`${name} is ${value}; a constant of C must be an integer from 0 to 2147483647`);
      return `CTRL_IF_CONSTANT(${name}, ${value})`;
    })
    .join('\n');
}

const UNSIGNED = { 1: 'u8', 2: 'u16', 4: 'u32', 8: 'uint64_t' };

/** The scalar types with a name in the header, such as domid_t. */
function aliasesOf(payloads) {
  const types = payloads.flatMap(({ fields }) => fields.map(({ type }) => type));
  const named = new Map(types.filter(({ cType }) => /^\w+_t$/.test(cType)).map(({ cType, size }) => [cType, size]));
  return [...named].map(([name, size]) => `typedef ${UNSIGNED[size]} ${name};\n`).join('');
}

function payload({ cName, fields, size }, messages) {
  const carried = messages.filter(({ struct }) => struct.cName === cName).map(({ name }) => `CMSG_${name}`);
  const members = fields.map(({ name, type }) => {
    const [, base, length] = /^(\w+)(\[\w+\])?$/.exec(type.cType);
    return [`${base} ${toSnake(name)}${length ?? ''};`, type.role === 'out' ? '  // OUT' : ''].join('');
  });
  return packed(
    cName,
    `${carried.join(', ')}`,
    members,
    size,
    fields.map(({ name, offset }) => [toSnake(name), offset]),
  );
}

/** A packed struct, with assertions of its size and offsets. */
function packed(name, comment, members, size, offsets) {
  // An empty struct has 0 bytes in GNU C, the header's language, and 1 byte in C++. Its message has no payload.
  const sized = size === 0 ? '' : `static_assert(sizeof(${name}) == ${size}, "${name}");\n`;
  return `// ${comment}: ${size} bytes
typedef struct ${name} {
${members.map((member) => `  ${member}\n`).join('')}} __attribute__((packed)) ${name};
${sized}${offsets.map(([field, offset]) => `static_assert(offsetof(${name}, ${field}) == ${offset}, "${name}.${field}");\n`).join('')}`;
}

function rings(layout, { CONTROL_RING_SIZE, CONTROL_RING_MEM }) {
  return [
    packed(
      'control_msg_t',
      'One slot, a request or its response',
      [
        'u8 type;    // echoed in the response',
        'u8 subtype; // echoed in the response',
        'u8 id;      // echoed in the response, which does not interpret it',
        'u8 length;  // the used bytes of msg; the sender zeroes the others',
        `u8 msg[${layout.PAYLOAD_BYTES}];`,
      ],
      layout.MESSAGE_BYTES,
      [
        ['type', layout.TYPE_OFFSET],
        ['subtype', layout.SUBTYPE_OFFSET],
        ['id', layout.ID_OFFSET],
        ['length', layout.LENGTH_OFFSET],
        ['msg', layout.PAYLOAD_OFFSET],
      ],
    ),
    packed(
      'ctrl_sring_t',
      'One ring: indices run free in 32 bits, the slot is index & (CONTROL_RING_SIZE - 1)',
      [
        'u32 req_prod; // written by the front',
        'u32 rsp_prod; // written by the back',
        `control_msg_t ring[${CONTROL_RING_SIZE}];`,
      ],
      CONTROL_RING_MEM,
      [
        ['req_prod', layout.REQ_PROD_OFFSET],
        ['rsp_prod', layout.RSP_PROD_OFFSET],
        ['ring', layout.SLOTS_OFFSET],
      ],
    ),
    packed(
      'control_if_t',
      'The start of the page',
      [
        'ctrl_sring_t tx_ring; // front: guest, back: controller',
        'ctrl_sring_t rx_ring; // front: controller, back: guest',
      ],
      layout.CONTROL_IF_BYTES,
      [
        ['tx_ring', layout.TX_RING_OFFSET],
        ['rx_ring', layout.RX_RING_OFFSET],
      ],
    ),
  ].join('\n');
}
