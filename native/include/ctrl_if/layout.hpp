// The shared page as domain_controller.h draws it: control_if_t at bytes 0..1039, two rings of eight 64-byte messages.
//
// These types describe bytes in memory that a hostile peer writes at any time. They give sizes and offsets; nobody
// holds a reference to one inside the page. ring.hpp copies slots out, and what reads a message reads the copy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "constants.hpp"
#include "payloads.hpp"

namespace ctrl_if {

// The page holds little-endian words and we load them as they are.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ctrl-if's page is little-endian; this machine is not");

using msg_t = u8[60];
using ring_mem_t = char[CONTROL_RING_MEM];

#define CTRL_IF_FIELDS_control_msg_t(FIELD)                                                \
  FIELD(u8, type, 0)    /* echoed in the response */                                       \
  FIELD(u8, subtype, 1) /* echoed in the response */                                       \
  FIELD(u8, id, 2)      /* opaque to the responder, echoed */                              \
  FIELD(u8, length, 3)  /* meaningful bytes in msg, 0..60; the sender zeroes the others */ \
  FIELD(msg_t, msg, 4)

struct control_msg_t {
#define CTRL_IF_DECLARE_FIELD(type, field, at) type field;
  CTRL_IF_FIELDS_control_msg_t(CTRL_IF_DECLARE_FIELD)
#undef CTRL_IF_DECLARE_FIELD
} __attribute__((packed));

/// One ring in shared memory. Both producer indices run free in 32 bits; slot = index & (CONTROL_RING_SIZE - 1).
struct ctrl_sring_t {
  u32 req_prod;                           // written by the front
  u32 rsp_prod;                           // written by the back
  control_msg_t ring[CONTROL_RING_SIZE];  // a request, then the response to some request of the same ring
} __attribute__((packed));

/// The unions of the header, so that both names for a ring's memory exist here too.
struct control_if_t {
  union {
    ctrl_sring_t tx_ring;  // front: guest, back: controller
    ring_mem_t __x;
  };
  union {
    ctrl_sring_t rx_ring;  // front: controller, back: guest
    ring_mem_t __y;
  };
} __attribute__((packed));

// The only member of control_if_t that test/conformance/layout.json lists.
#define CTRL_IF_FIELDS_control_if_t(FIELD) FIELD(ring_mem_t, __y, 520)

#define CTRL_IF_STRUCTS(STRUCT) \
  STRUCT(control_msg_t, 64)     \
  STRUCT(control_if_t, 1040)    \
  CTRL_IF_PAYLOADS(STRUCT)

/// Bytes a struct occupies in a message. Use this and never sizeof for a payload's length.
template <class Payload>
inline constexpr size_t wire_size = sizeof(Payload);

/// An empty struct has size 0 in GNU C, which is what the header's language gives, but C++ demands distinct addresses
/// and so makes it 1 byte. The message carries nothing.
template <>
inline constexpr size_t wire_size<usbif_fe_interface_disconnect_t> = 0;

#define CTRL_IF_ASSERT_FIELD(type, field, at) static_assert(offsetof(checked, field) == (at), #field);
#define CTRL_IF_ASSERT_STRUCT(name, bytes)            \
  namespace check_##name {                            \
    using checked [[maybe_unused]] = name;            \
    static_assert(wire_size<name> == (bytes), #name); \
    CTRL_IF_FIELDS_##name(CTRL_IF_ASSERT_FIELD)       \
  }
CTRL_IF_STRUCTS(CTRL_IF_ASSERT_STRUCT)
#undef CTRL_IF_ASSERT_STRUCT
#undef CTRL_IF_ASSERT_FIELD

#define CTRL_IF_ASSERT_FITS(name, bytes) \
  static_assert((bytes) <= wire_size<msg_t>, #name " must fit the msg of one slot");
CTRL_IF_PAYLOADS(CTRL_IF_ASSERT_FITS)
#undef CTRL_IF_ASSERT_FITS

static_assert(sizeof(ctrl_sring_t) == CONTROL_RING_MEM && offsetof(ctrl_sring_t, ring) == 8);
static_assert(offsetof(control_if_t, tx_ring) == 0 && offsetof(control_if_t, rx_ring) == 520);

// The event channels of a page, u32 words all (docs/page-layout.md). What notifiers touch for every event, the sleep
// word and the selector, have lines of their own; a port's two bits share theirs with neighbours, of which few are
// busy.
inline constexpr size_t kPageBytes = 4096;
inline constexpr uint32_t kEventPorts = 4096;
inline constexpr uint32_t kEventWords = kEventPorts / 32;
inline constexpr uint32_t kSelectorWords = kEventWords / 32;
inline constexpr size_t kDomainAsleep = 2688;   // 1: the domain goes to sleep, ring its doorbell (wakeup.hpp)
inline constexpr size_t kEventSelector = 2816;  // bit w: pending word w is worth a look
inline constexpr size_t kEventPending = 3072;   // bit of word p / 32: port p has fired
inline constexpr size_t kEventMask = 3584;      // 1: masked

static_assert(kEventPending >= kEventSelector + kSelectorWords * size_t{4});
static_assert(kEventMask == kEventPending + kEventWords * size_t{4});
static_assert(kPageBytes == kEventMask + kEventWords * size_t{4});

}  // namespace ctrl_if
