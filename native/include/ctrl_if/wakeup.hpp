// When to ring the bell of a peer that may be asleep, without a system call while it is awake.
//
// One word a sleeper, kAwake or kAsleep, in shared memory: kAsleep means "I am going to sleep, ring me". The sleeper
// stores its word and then looks at the rings; the notifier publishes to a ring and then looks at the word. With a full
// fence between store and load on both sides (Dekker) at least one of them sees the other: the sleeper stays awake or
// the notifier rings.
//
//   sleeper                              notifier
//   arm(word)          store 1           push_*()           store-release req_prod / rsp_prod
//                      FULL FENCE A      claim(word)        FULL FENCE B
//   take_*()           load index                           load word, exchange 0 if 1
//   sleep only if that returned 0        ring the doorbell only if claim returned true
//   disarm(word) when awake again
//
// A word with any other value is a peer's mischief and only that peer's sleep suffers.
#pragma once

#include <cstdint>

#include "atomics.hpp"
#include "wire.h"

namespace ctrl_if {

/// Announces sleep. The caller must look at every ring it serves once more before it really sleeps.
inline void arm(uint32_t* word) {
  store_relaxed(word, kAsleep);  // ordered by the fence alone
  full_fence();                  // A: pairs with B in claim; the store is out before the caller's loads of peer indices
}

/// Awake. A notifier that claims at the same moment rings once for nothing, which every sleeper must bear.
inline void disarm(uint32_t* word) { store_relaxed(word, kAwake); }

/// After publishing: true for the one caller that must ring. Several notifiers, or a sleeper disarming, are told apart
/// by the exchange, so a sleep costs one ring and not one a message.
inline bool claim(uint32_t* word) {
  full_fence();  // B: pairs with A in arm; the published index is out before the word is read
  // relaxed: a plain look keeps the line shared while nobody sleeps; the exchange decides.
  return load_relaxed(word) == kAsleep && exchange(word, kAwake) == kAsleep;
}

}  // namespace ctrl_if
