// Event channels: 4096 ports for each domain. A port has a pending bit and a mask bit in the domain's own page, as in
// Xen.
//
// The page's owner collects, masks and unmasks, from one thread at a time. Notifiers are other processes that map the
// page. An event only says that the port's ring has news, so events coalesce.
//
//   notify (any process)                            owner
//   N0 publish        store-release an index        U1 unmask       clear mask bit
//   N1 set pending    was set: done, coalesced      U2 check        load pending: set? set selector
//   N2 load mask      masked: done, stays pending   C1 take         exchange selector word with 0
//   N3 set selector                                 C2 check        load pending and mask
//   N4 claim(asleep)  true: ring the doorbell       C3 clear        clear the pending bits to report
//                                                   C4 the caller polls the rings of these ports
//                                                   S1 arm(asleep)  S2 load the selector; all 0: sleep
//
// No event is lost. The cases, by the steps that may overlap:
// - Publish and clear. N1 and C3 change one word, so one comes first. If N1 does: C3 reads the value of N1 (or a later
//   one), so C4 sees N0. If C3 does: N1 finds the bit clear and starts a new event. This is why C3 comes before C4.
// - Coalesced (N1 found the bit set). The notifier that set it will do N3 and N4, has done them, or leaves them to U2.
//   The bit is not cleared yet, so C3 is still to come, and C4 sees this N0 as well. A notifier that is killed between
//   N1 and N3 leaves a port that no notifier announces again. The owner unmasks a port when it binds the port and when
//   the port's peer dies, and U2 finds the bit.
// - Notify and collect. N1 comes before N3, C1 before C2. If C1 takes the bit of N3, C2 sees N1. If C1 comes before N3,
//   the selector's bit stays for the next collect. At worst C2 finds nothing.
// - Masked notify and unmask (Dekker). N1 sets pending and N2 loads mask; U1 clears mask and U2 loads pending. All four
//   are sequentially consistent. If N2 sees the mask set, N2 comes before U1 in their total order, so N1 comes before
//   U2, and U2 sees the bit. If both see the other's change, the selector is set twice.
// - Masked after N2. The event is announced, C2 finds it masked and leaves it pending, and U2 finds it there.
// - Notify and sleep (Dekker, wakeup.hpp). N3 sets the selector and N4 loads the sleep word after a full fence; S1 sets
//   the sleep word and S2 loads the selector after a full fence. That is why collect loads the selector in S2.
//
// Wrong bits in the page cost the owner time, but no memory: every pattern of bits is legal. A selector bit without a
// pending port is dropped, and an unbound port (such as 0) is reported once and cleared.
#pragma once

#include <algorithm>
#include <cstdint>

#include "atomics.hpp"
#include "codes.h"
#include "wakeup.hpp"
#include "wire.h"

namespace ctrl_if {

inline constexpr uint32_t kEventWords = kPorts / 32;          // of pending bits, and of mask bits
inline constexpr uint32_t kSelectorWords = kEventWords / 32;  // bit w: pending word w may have set bits

static_assert(kPagePending >= kPageSelector + kSelectorWords * 4);
static_assert(kPageMask == kPagePending + kEventWords * 4);
static_assert(kPageBytes == kPageMask + kEventWords * 4);

class EventChannels {
 public:
  /// `page` is the owner's page, also for a notifier: kPageBytes bytes, 4-aligned.
  explicit EventChannels(void* page) : page_(static_cast<uint8_t*>(page)) {}

  /// Call it after publishing. True: ring the doorbell of the page's owner. `port` < kPorts, here and below.
  [[nodiscard]] bool notify(uint32_t port) {
    // release: pairs with the acquire of C3, so that the owner sees the published index; and N1 before N2.
    if ((set_bits(pending(port), bit(port)) & bit(port)) != 0) return false;
    if ((load_seq_cst(mask_word(port)) & bit(port)) != 0) return false;  // N2: pairs with U1
    (void)set_bits(selector(port), selector_bit(port));                  // N3: pairs with C1
    return claim(word(kPageAsleep));                                     // N4: its fence pairs with arm's
  }

  /// Holds back the events of `port`: they stay pending.
  void mask(uint32_t port) { (void)set_bits(mask_word(port), bit(port)); }

  /// True: the port fired while it was masked, and the caller, the page's owner, must collect before it sleeps.
  [[nodiscard]] bool unmask(uint32_t port) {
    (void)clear_bits(mask_word(port), bit(port));                      // U1: pairs with N2
    if ((load_seq_cst(pending(port)) & bit(port)) == 0) return false;  // U2: pairs with N1
    (void)set_bits(selector(port), selector_bit(port));
    return true;
  }

  /// kPortPending and kPortMasked. A notifier may change them at any time.
  [[nodiscard]] uint32_t status(uint32_t port) const {
    return ((load_acquire(pending(port)) & bit(port)) != 0 ? uint32_t{kPortPending} : 0) |
           ((load_acquire(mask_word(port)) & bit(port)) != 0 ? uint32_t{kPortMasked} : 0);
  }

  /// Clears up to `max` pending ports that are not masked and writes their numbers to `ports`. Returns how many; fewer
  /// than `max` means that there was no other. It reads each pending word at most twice, so that it ends however fast
  /// peers notify. The caller polls the rings of the ports after it. It starts after the port where the last call
  /// stopped, so that no port starves another.
  [[nodiscard]] uint32_t collect(uint32_t* ports, uint32_t max) {
    if (max == 0) return 0;
    uint32_t selected[kSelectorWords];
    for (uint32_t i = 0; i < kSelectorWords; i++) {
      uint32_t* selector = word(kPageSelector) + i;
      // relaxed: in S2 the fence of arm orders it; in other calls, a later bit is for a later call.
      // C1, acquire: pairs with N3, so that C2 sees the pending bit.
      selected[i] = load_relaxed(selector) == 0 ? 0 : exchange(selector, 0);
    }
    const uint32_t start = next_;
    uint32_t count = take(selected, start, kPorts, ports, max);
    if (count < max) count += take(selected, 0, start, ports + count, max - count);
    // The remaining bits were announced and are set again. No wake-up is needed: the owner is awake and loads them in
    // S2.
    for (uint32_t i = 0; i < kSelectorWords; i++) {
      if (selected[i] != 0) (void)set_bits(word(kPageSelector) + i, selected[i]);
    }
    return count;
  }

 protected:  // for tests, which omit one step at a time
  static uint32_t bit(uint32_t port) { return 1U << (port & 31); }
  static uint32_t selector_bit(uint32_t port) { return 1U << (port / 32 & 31); }
  [[nodiscard]] uint32_t* word(size_t offset) const { return reinterpret_cast<uint32_t*>(page_ + offset); }
  [[nodiscard]] uint32_t* pending(uint32_t port) const { return word(kPagePending) + port / 32; }
  [[nodiscard]] uint32_t* mask_word(uint32_t port) const { return word(kPageMask) + port / 32; }
  [[nodiscard]] uint32_t* selector(uint32_t port) const { return word(kPageSelector) + port / (32 * 32); }

 private:
  /// The part of collect for ports from..to-1. Clears the bits of `selected` whose words have no pending port left.
  uint32_t take(uint32_t* selected, uint32_t from, uint32_t to, uint32_t* ports, uint32_t max) {
    uint32_t count = 0;
    for (uint32_t i = from / 1024; i < kSelectorWords && i * 1024 < to; i++) {
      // The words from `from` on; the two calls of take() cover the others.
      uint32_t left = i == from / 1024 ? selected[i] & (UINT32_MAX << (from / 32 & 31)) : selected[i];
      for (; left != 0; left &= left - 1) {
        const auto w = i * 32 + static_cast<uint32_t>(__builtin_ctz(left));
        if (w * 32 >= to) break;
        if (count == max) return count;
        // C2, relaxed: it follows C1's acquire. A later bit is announced again.
        const uint32_t fired = load_relaxed(word(kPagePending) + w) & ~load_relaxed(word(kPageMask) + w);
        const uint32_t here = fired & between(w, from, to);
        const uint32_t reported = write_ports(w, here, ports + count, max - count);
        if (reported != 0) {
          // C3, acquire: pairs with N1; the caller sees everything that was published before the cleared events.
          (void)clear_bits(word(kPagePending) + w, reported);
          count += static_cast<uint32_t>(__builtin_popcount(reported));
        }
        if (reported == fired) selected[i] &= ~(left & -left);
      }
    }
    return count;
  }

  /// The bits of pending word `w` for ports from..to-1.
  static uint32_t between(uint32_t w, uint32_t from, uint32_t to) {
    uint32_t bits = UINT32_MAX;
    if (from > w * 32) bits &= UINT32_MAX << (from - w * 32);
    if (to < w * 32 + 32) bits &= ~(UINT32_MAX << (to - w * 32));
    return bits;
  }

  /// Writes the ports of up to `max` bits, lowest first. Returns these bits.
  uint32_t write_ports(uint32_t w, uint32_t bits, uint32_t* ports, uint32_t max) {
    uint32_t reported = 0;
    for (uint32_t count = 0; bits != 0 && count < max; bits &= bits - 1) {
      const uint32_t port = w * 32 + static_cast<uint32_t>(__builtin_ctz(bits));
      reported |= bit(port);
      ports[count++] = port;
      next_ = (port + 1) % kPorts;
    }
    return reported;
  }

  uint8_t* page_;
  uint32_t next_ = 0;  // the port from which the next collect starts
};

}  // namespace ctrl_if
