// Event channels: 4096 ports a domain, each a pending bit and a mask bit in the domain's own page, as Xen's are.
//
// The page's owner collects, masks and unmasks, from one thread at a time. Notifiers are other processes that map the
// page. An event says "look at what this port stands for" and nothing more: events coalesce.
//
//   notify (any process)                            owner
//   N0 publish        store-release an index        U1 unmask       clear mask bit
//   N1 set pending    was set: done, coalesced      U2 look         load pending: set? set selector
//   N2 load mask      masked: done, stays pending   C1 take         exchange selector word with 0
//   N3 set selector                                 C2 look         load pending and mask
//   N4 claim(asleep)  true: ring the doorbell       C3 clear        clear the pending bits that will be told
//                                                   C4 the caller looks at what the ports stand for
//                                                   S1 arm(asleep)  S2 look at the selector; all 0: sleep
//
// Why nothing is lost, by who could miss whom:
// - Publish and clear. N1 and C3 change one word, so one is first. N1 first: C3 reads what N1 wrote (or a later change
//   of it), so C4 sees N0. C3 first: N1 finds the bit clear and goes on to a new event. This is why C3 is before C4.
// - Coalesced (N1 found the bit set). Whoever set it is on his way to N3 and N4, or has been there, or left it to U2.
//   The bit is not cleared yet, so C3 is still to come, and C4 sees this N0 as well. A notifier that is killed between
//   N1 and N3 leaves a port that nothing will announce again: who binds a port, or loses its peer, unmasks it, and U2
//   finds the bit.
// - Notify and collect. N1 comes before N3, C1 before C2. If C1 takes what N3 set, it sees N1. If C1 comes before N3,
//   the selector's bit stays for the next time. At worst C2 finds nothing.
// - Masked notify and unmask (Dekker). N1 sets pending and N2 loads mask; U1 clears mask and U2 loads pending. All four
//   are sequentially consistent: if N2 sees the mask still set, N2 is before U1 in the one order that there is, so N1
//   is before U2, and U2 sees the bit. Both may see each other: the selector is set twice.
// - Masked after N2 looked. The event is announced, C2 finds it masked and leaves it pending, and U2 finds it there.
// - Notify and sleep (Dekker, wakeup.hpp). N3 sets the selector and N4 loads the sleep word after a full fence; S1 sets
//   the sleep word and S2 loads the selector after a full fence. That is why collect looks at the selector in S2.
//
// What is wrong in the page costs its owner time and no memory: every pattern of bits is legal, a selector's bit with
// nothing behind it is dropped, and a port nobody bound (0 among them) is told once and cleared.
#pragma once

#include <algorithm>
#include <cstdint>

#include "atomics.hpp"
#include "codes.h"
#include "wakeup.hpp"
#include "wire.h"

namespace ctrl_if {

inline constexpr uint32_t kEventWords = kPorts / 32;          // of pending bits, and of mask bits
inline constexpr uint32_t kSelectorWords = kEventWords / 32;  // bit w: pending word w is worth a look

static_assert(kPagePending >= kPageSelector + kSelectorWords * 4);
static_assert(kPageMask == kPagePending + kEventWords * 4);
static_assert(kPageBytes == kPageMask + kEventWords * 4);

class EventChannels {
 public:
  /// `page` has kPageBytes bytes, 4-aligned, and is the owner's page, whoever calls.
  explicit EventChannels(void* page) : page_(static_cast<uint8_t*>(page)) {}

  /// After publishing. True: ring the doorbell of the page's owner. `port` < kPorts, here and below.
  [[nodiscard]] bool notify(uint32_t port) {
    // release: pairs with the acquire of C3, so that who clears the bit sees what was published; and N1 before N2.
    if ((set_bits(pending(port), bit(port)) & bit(port)) != 0) return false;
    if ((load_seq_cst(mask_word(port)) & bit(port)) != 0) return false;  // N2: pairs with U1
    (void)set_bits(selector(port), selector_bit(port));                  // N3: pairs with C1
    return claim(word(kPageAsleep));                                     // N4: its fence pairs with arm's
  }

  /// Events of `port` are kept and not announced.
  void mask(uint32_t port) { (void)set_bits(mask_word(port), bit(port)); }

  /// True: the port had fired meanwhile, and the caller, the page's owner, must collect before it sleeps.
  [[nodiscard]] bool unmask(uint32_t port) {
    (void)clear_bits(mask_word(port), bit(port));                      // U1: pairs with N2
    if ((load_seq_cst(pending(port)) & bit(port)) == 0) return false;  // U2: pairs with N1
    (void)set_bits(selector(port), selector_bit(port));
    return true;
  }

  /// kPortPending and kPortMasked, as they were a moment ago.
  [[nodiscard]] uint32_t status(uint32_t port) const {
    return ((load_acquire(pending(port)) & bit(port)) != 0 ? uint32_t{kPortPending} : 0) |
           ((load_acquire(mask_word(port)) & bit(port)) != 0 ? uint32_t{kPortMasked} : 0);
  }

  /// Clears up to `max` pending ports that are not masked and writes their numbers to `ports`. Returns how many; with
  /// fewer than `max` there was no other. At most `max` ports and each pending word twice: however fast peers notify,
  /// it ends. The caller's looks at what the ports stand for come after it. It goes on behind the port where the last
  /// call stopped, so that no port starves another.
  [[nodiscard]] uint32_t collect(uint32_t* ports, uint32_t max) {
    if (max == 0) return 0;
    uint32_t worth[kSelectorWords];
    for (uint32_t i = 0; i < kSelectorWords; i++) {
      uint32_t* selector = word(kPageSelector) + i;
      // relaxed: in S2 the fence of arm orders it, and otherwise a bit that comes later is for a later call.
      // C1, acquire: pairs with N3, so that C2 sees the pending bit.
      worth[i] = load_relaxed(selector) == 0 ? 0 : exchange(selector, 0);
    }
    const uint32_t start = next_;
    uint32_t count = take(worth, start, kPorts, ports, max);
    if (count < max) count += take(worth, 0, start, ports + count, max - count);
    // What is left over was announced, and only we know it. No wake-up is due: the owner is awake, and will see it in
    // S2.
    for (uint32_t i = 0; i < kSelectorWords; i++) {
      if (worth[i] != 0) (void)set_bits(word(kPageSelector) + i, worth[i]);
    }
    return count;
  }

 protected:  // for the tests, which leave out one step at a time
  static uint32_t bit(uint32_t port) { return 1U << (port & 31); }
  static uint32_t selector_bit(uint32_t port) { return 1U << (port / 32 & 31); }
  [[nodiscard]] uint32_t* word(size_t offset) const { return reinterpret_cast<uint32_t*>(page_ + offset); }
  [[nodiscard]] uint32_t* pending(uint32_t port) const { return word(kPagePending) + port / 32; }
  [[nodiscard]] uint32_t* mask_word(uint32_t port) const { return word(kPageMask) + port / 32; }
  [[nodiscard]] uint32_t* selector(uint32_t port) const { return word(kPageSelector) + port / (32 * 32); }

 private:
  /// The part of collect for ports `from` up to and without `to`. Clears the bits of `worth` that have nothing left.
  uint32_t take(uint32_t* worth, uint32_t from, uint32_t to, uint32_t* ports, uint32_t max) {
    uint32_t count = 0;
    for (uint32_t i = from / 1024; i < kSelectorWords && i * 1024 < to; i++) {
      // The words from `from` on: those before were looked at, or will be.
      uint32_t left = i == from / 1024 ? worth[i] & (UINT32_MAX << (from / 32 & 31)) : worth[i];
      for (; left != 0; left &= left - 1) {
        const auto w = i * 32 + static_cast<uint32_t>(__builtin_ctz(left));
        if (w * 32 >= to) break;
        if (count == max) return count;
        // C2, relaxed: after C1's acquire; a bit seen late was announced again.
        const uint32_t fired = load_relaxed(word(kPagePending) + w) & ~load_relaxed(word(kPageMask) + w);
        const uint32_t here = fired & between(w, from, to);
        const uint32_t told = write_ports(w, here, ports + count, max - count);
        if (told != 0) {
          // C3, acquire: pairs with N1; the caller sees what was published before any event this clears.
          (void)clear_bits(word(kPagePending) + w, told);
          count += static_cast<uint32_t>(__builtin_popcount(told));
        }
        if (told == fired) worth[i] &= ~(left & -left);
      }
    }
    return count;
  }

  /// The bits of pending word `w` that stand for ports in from..to-1.
  static uint32_t between(uint32_t w, uint32_t from, uint32_t to) {
    uint32_t bits = UINT32_MAX;
    if (from > w * 32) bits &= UINT32_MAX << (from - w * 32);
    if (to < w * 32 + 32) bits &= ~(UINT32_MAX << (to - w * 32));
    return bits;
  }

  /// Writes the ports of up to `max` bits, the lowest first. Returns those bits.
  uint32_t write_ports(uint32_t w, uint32_t bits, uint32_t* ports, uint32_t max) {
    uint32_t told = 0;
    for (uint32_t count = 0; bits != 0 && count < max; bits &= bits - 1) {
      const uint32_t port = w * 32 + static_cast<uint32_t>(__builtin_ctz(bits));
      told |= bit(port);
      ports[count++] = port;
      next_ = (port + 1) % kPorts;
    }
    return told;
  }

  uint8_t* page_;
  uint32_t next_ = 0;  // where the next collect begins
};

}  // namespace ctrl_if
