// clang-format off
// Made by `node scripts/render-headers.mjs`; a test fails when it is out of date. C11 and C++17.
//
// Numbers that the addon and TypeScript share. lib/page/native-codes.ts describes them.
#pragma once

#include "wire.h"

#ifdef __cplusplus
namespace ctrl_if {
inline constexpr int32_t kCallCollected = 4;
inline constexpr int32_t kCallCount = 1;
inline constexpr int32_t kCallMax = 2;
inline constexpr int32_t kCallPolls = 3;
inline constexpr int32_t kCallRing = 0;
inline constexpr int32_t kCallWords = 5;
inline constexpr int32_t kMaxEntryBytes = 65536;
inline constexpr int32_t kMaxSlots = 65536;
inline constexpr int32_t kNotOutstanding = -3;
inline constexpr int32_t kPeerIndex = -1;
inline constexpr int32_t kPortMasked = 2;
inline constexpr int32_t kPortPending = 1;
inline constexpr int32_t kRingClosed = -2;
inline constexpr int32_t kRingPeer = 1073741824;
inline constexpr int32_t kRoleBack = 1;
inline constexpr int32_t kRoleFront = 0;
}  // namespace ctrl_if
#else
enum { kCallCollected = 4 };
enum { kCallCount = 1 };
enum { kCallMax = 2 };
enum { kCallPolls = 3 };
enum { kCallRing = 0 };
enum { kCallWords = 5 };
enum { kMaxEntryBytes = 65536 };
enum { kMaxSlots = 65536 };
enum { kNotOutstanding = -3 };
enum { kPeerIndex = -1 };
enum { kPortMasked = 2 };
enum { kPortPending = 1 };
enum { kRingClosed = -2 };
enum { kRingPeer = 1073741824 };
enum { kRoleBack = 1 };
enum { kRoleFront = 0 };
#endif

/// All shared numbers. The addon exports them, and lib/page/addon.ts refuses an addon with other numbers.
#define CTRL_IF_CODES(CODE) \
  CODE(ASLEEP, kAsleep) \
  CODE(AWAKE, kAwake) \
  CODE(CALL_COLLECTED, kCallCollected) \
  CODE(CALL_COUNT, kCallCount) \
  CODE(CALL_MAX, kCallMax) \
  CODE(CALL_POLLS, kCallPolls) \
  CODE(CALL_RING, kCallRing) \
  CODE(CALL_WORDS, kCallWords) \
  CODE(FRAME_BYTES, kFrameBytes) \
  CODE(MAX_ENTRY_BYTES, kMaxEntryBytes) \
  CODE(MAX_FRAMES, kMaxFrames) \
  CODE(MAX_SLOTS, kMaxSlots) \
  CODE(NOT_OUTSTANDING, kNotOutstanding) \
  CODE(PAGE_ASLEEP, kPageAsleep) \
  CODE(PAGE_BYTES, kPageBytes) \
  CODE(PAGE_MASK, kPageMask) \
  CODE(PAGE_PENDING, kPagePending) \
  CODE(PAGE_SELECTOR, kPageSelector) \
  CODE(PEER_INDEX, kPeerIndex) \
  CODE(PORTS, kPorts) \
  CODE(PORT_MASKED, kPortMasked) \
  CODE(PORT_PENDING, kPortPending) \
  CODE(RING_CLOSED, kRingClosed) \
  CODE(RING_PEER, kRingPeer) \
  CODE(ROLE_BACK, kRoleBack) \
  CODE(ROLE_FRONT, kRoleFront) \
  CODE(SLOTS_OFFSET, kSlotsOffset)
