// When to ring the doorbell of a peer that may sleep, without a system call while it is awake.
//
// Each sleeper has one word in shared memory, kAwake or kAsleep. kAsleep means: the sleeper is about to sleep, ring its
// doorbell. The sleeper stores its word and then polls the rings; the notifier publishes to a ring and then loads the
// word. With a full fence between store and load on both sides (Dekker) at least one side sees the store of the other:
// the sleeper stays awake, or the notifier rings.
//
//   sleeper                              notifier
//   arm(word)          store 1           push_*()           store-release req_prod / rsp_prod
//                      FULL FENCE A      claim(word)        FULL FENCE B
//   take_*()           load index                           load word, exchange 0 if 1
//   sleep only if that returned 0        ring the doorbell only if claim returned true
//   disarm(word) when awake again
//
// Any other value is the fault of the peer that wrote it, and affects only that peer's sleep.
#pragma once

#include <cstdint>

#include "atomics.hpp"
#include "wire.h"

namespace ctrl_if {

/// Announces sleep. The caller must poll each of its rings once more before it sleeps.
inline void arm(uint32_t* word) {
  store_relaxed(word, kAsleep);  // ordered by the fence alone
  full_fence();                  // A: pairs with B in claim; the store is visible before the caller's loads of indices
}

/// Ends the sleep. A notifier that claims at the same time rings once without need.
inline void disarm(uint32_t* word) { store_relaxed(word, kAwake); }

/// Call it after publishing. True: the caller must ring. Only one of several notifiers gets true, and none after the
/// sleeper has disarmed, so a sleep costs one ring and not one for each message.
inline bool claim(uint32_t* word) {
  full_fence();  // B: pairs with A in arm; the published index is visible before the word is loaded
  // relaxed: a plain load keeps the cache line shared while the peer is awake; the exchange decides.
  return load_relaxed(word) == kAsleep && exchange(word, kAwake) == kAsleep;
}

}  // namespace ctrl_if
