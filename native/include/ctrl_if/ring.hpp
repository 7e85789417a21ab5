// A shared ring as in Xen's ring.h: requests in one direction, responses in the other, in the same slots.
//
//   byte 0  u32 req_prod   written only by the front
//   byte 4  u32 rsp_prod   written only by the back
//   byte 8  slots          slot(index) = index & (slots - 1); indices run free in 32 bits and wrap together
//
// Always true, modulo 2^32, when both sides are honest:
//   rsp_cons <= rsp_prod <= req_cons <= req_prod <= rsp_cons + slots
//
// The peer is not trusted. Each call reads the peer's index at most once, refuses an impossible value before using it,
// and copies entries out before they are interpreted. The bounds of memory accesses are private and never read back
// from the page. After a refusal nothing has changed, so a peer that writes its index in two parts may be polled again.
//
// A half belongs to one thread at a time. No half wakes its peer: wakeup.hpp says when to do that.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "atomics.hpp"
#include "codes.h"
#include "wire.h"

namespace ctrl_if {

// Results: zero and above count entries. kPeerIndex: the peer's index is impossible, or was read half-written.
// kNotOutstanding: there are more responses than taken requests, and nothing was sent.

/// An entry size and slot count that the compiler knows, so that copies become a few vector moves.
template <uint32_t EntryBytes, uint32_t Slots>
struct FixedGeometry {
  static_assert(Slots > 0 && Slots <= kMaxSlots && (Slots & (Slots - 1)) == 0, "slot = index & (slots - 1)");
  static_assert(EntryBytes > 0 && EntryBytes <= kMaxEntryBytes && EntryBytes % 4 == 0, "entries keep words aligned");
  static constexpr bool kFixed = true;
  static constexpr uint32_t entry_bytes() { return EntryBytes; }
  static constexpr uint32_t slots() { return Slots; }
};

/// The geometry of the two rings in control_if_t.
using ControlGeometry = FixedGeometry<64, 8>;

/// A geometry that is known only at run time.
class DynamicGeometry {
 public:
  static constexpr bool kFixed = false;
  DynamicGeometry(uint32_t entry_bytes, uint32_t slots) : entry_bytes_(entry_bytes), slots_(slots) {}
  static constexpr bool valid(uint32_t entry_bytes, uint32_t slots) {
    return slots > 0 && slots <= kMaxSlots && (slots & (slots - 1)) == 0 && entry_bytes > 0 &&
           entry_bytes <= kMaxEntryBytes && entry_bytes % 4 == 0;
  }
  [[nodiscard]] uint32_t entry_bytes() const { return entry_bytes_; }
  [[nodiscard]] uint32_t slots() const { return slots_; }

 private:
  uint32_t entry_bytes_;
  uint32_t slots_;
};

inline constexpr uint64_t kRingHeaderBytes = kSlotsOffset;

/// The size of a ring in shared memory, in bytes.
inline constexpr uint64_t ring_bytes(uint32_t entry_bytes, uint32_t slots) {
  return kRingHeaderBytes + uint64_t{entry_bytes} * slots;
}

/// The words and slots of a ring, for both halves. `base` is 4-aligned and outlives every call.
template <class Geometry>
class RingView {
 public:
  explicit RingView(Geometry geometry = Geometry()) : geometry_(geometry) {}

  [[nodiscard]] uint32_t slots() const { return geometry_.slots(); }
  [[nodiscard]] uint32_t entry_bytes() const { return geometry_.entry_bytes(); }

 protected:
  void map(void* base) { base_ = static_cast<uint8_t*>(base); }
  [[nodiscard]] uint32_t* req_prod() const { return reinterpret_cast<uint32_t*>(base_); }
  [[nodiscard]] uint32_t* rsp_prod() const { return reinterpret_cast<uint32_t*>(base_ + 4); }

  void write_slots(uint32_t index, const void* src, uint32_t n) const {
    const auto* from = static_cast<const uint8_t*>(src);
    each_run(index, n,
             [from](uint8_t* slots, size_t offset, size_t bytes) { std::memcpy(slots, from + offset, bytes); });
  }

  void read_slots(uint32_t index, void* dst, uint32_t n) const {
    auto* to = static_cast<uint8_t*>(dst);
    each_run(index, n,
             [to](const uint8_t* slots, size_t offset, size_t bytes) { std::memcpy(to + offset, slots, bytes); });
    // Without this fence, the compiler may load from the slot again in place of the copy (XSA-155).
    compiler_fence();
  }

 private:
  /// Calls copy(first byte in the ring, offset in the batch, bytes) for each contiguous part of a batch.
  template <class Copy>
  void each_run(uint32_t index, uint32_t n, Copy copy) const {
    if constexpr (Geometry::kFixed) {
      // One entry is a few vector moves, and a batch of the control ring is short.
      for (uint32_t i = 0; i < n; i++) copy(slot(index + i), i * size_t{entry_bytes()}, size_t{entry_bytes()});
    } else {
      // Slots are contiguous up to the wrap, and each copy of unknown size is a function call.
      const uint32_t until_wrap = slots() - (index & (slots() - 1));
      const size_t first = size_t{std::min(n, until_wrap)} * entry_bytes();
      copy(slot(index), size_t{0}, first);
      if (n > until_wrap) copy(slot(0), first, size_t{n - until_wrap} * entry_bytes());
    }
  }

  [[nodiscard]] uint8_t* slot(uint32_t index) const {
    return base_ + kRingHeaderBytes + size_t{index & (slots() - 1)} * entry_bytes();
  }

  uint8_t* base_ = nullptr;
  Geometry geometry_;
};

/// The half that sends requests and takes responses.
template <class Geometry>
class FrontRing : public RingView<Geometry> {
 public:
  using RingView<Geometry>::RingView;

  /// Goes on from the ring's indices: unanswered requests stay counted, and published responses that were never taken
  /// are dropped. Returns how many requests are unanswered, or kPeerIndex.
  [[nodiscard]] int32_t attach(void* base) {
    this->map(base);
    const uint32_t rsp = load_acquire(this->rsp_prod());  // acquire: pairs with the release in BackRing::push_responses
    const uint32_t req = load_relaxed(this->req_prod());  // relaxed: only a front writes it, and this is now the front
    if (req - rsp > this->slots()) return kPeerIndex;
    req_prod_pvt_ = req;
    rsp_cons_ = rsp_seen_ = rsp;
    return static_cast<int32_t>(req - rsp);
  }

  /// Copies up to `n` entries from `src` into free slots and publishes them together. Returns how many; 0 when full.
  [[nodiscard]] int32_t push_requests(const void* src, uint32_t n) {
    n = std::min(n, free_requests());
    if (n == 0) return 0;
    this->write_slots(req_prod_pvt_, src, n);
    req_prod_pvt_ += n;
    // release: pairs with the acquire in BackRing::take_requests; the entries are visible before the index.
    store_release(this->req_prod(), req_prod_pvt_);
    return static_cast<int32_t>(n);
  }

  /// Copies up to `max` responses to `dst` and frees their slots. Returns how many, or kPeerIndex.
  [[nodiscard]] int32_t take_responses(void* dst, uint32_t max) {
    uint32_t available = rsp_seen_ - rsp_cons_;
    if (available == 0) {  // the peer's cache line is loaded only when no known response is left
      // acquire: pairs with the release in BackRing::push_responses; the responses are visible with the index.
      const uint32_t rsp = load_acquire(this->rsp_prod());
      available = rsp - rsp_cons_;
      // There are at most as many responses as requests. An index that went back gives a huge difference.
      if (available > req_prod_pvt_ - rsp_cons_) return kPeerIndex;
      rsp_seen_ = rsp;
    }
    const uint32_t n = std::min(available, max);
    this->read_slots(rsp_cons_, dst, n);
    rsp_cons_ += n;  // private: the slots are free for requests, and the back sees that by the next req_prod
    return static_cast<int32_t>(n);
  }

  /// take_responses, polled again up to `polls` times while there is none.
  [[nodiscard]] int32_t take_responses_spinning(void* dst, uint32_t max, uint32_t polls) {
    for (;; polls--) {
      const int32_t n = take_responses(dst, max);
      if (n != 0 || polls == 0) return n;
      cpu_relax();
    }
  }

  /// The number of slots that are free for requests.
  [[nodiscard]] uint32_t free_requests() const { return this->slots() - (req_prod_pvt_ - rsp_cons_); }

 private:
  uint32_t req_prod_pvt_ = 0;
  uint32_t rsp_cons_ = 0;
  uint32_t rsp_seen_ = 0;  // the latest valid rsp_prod
};

/// The half that takes requests and sends responses: one for each, in any order, always in the next response slot.
template <class Geometry>
class BackRing : public RingView<Geometry> {
 public:
  using RingView<Geometry>::RingView;

  /// Resumes from ONE index, rsp_prod: requests that a former back took and never answered are served again. With two
  /// independent indices, those requests and their slots would be lost for ever (PROTOCOL 5.3, H19).
  /// Returns how many requests are unanswered, or kPeerIndex.
  ///
  /// Requests and responses share slots, so each unanswered request is intact only if the former back answered in
  /// order. A response to a later request has overwritten an earlier request. And a back that died between writing and
  /// publishing a response left it, or a part of it, in the place of a request. Only the front still has its requests.
  [[nodiscard]] int32_t attach(void* base) {
    this->map(base);
    const uint32_t rsp = load_relaxed(this->rsp_prod());  // relaxed: only a back writes it, and this is now the back
    // relaxed: only checked here; take_requests loads it again, with acquire, before it touches a slot.
    const uint32_t req = load_relaxed(this->req_prod());
    if (req - rsp > this->slots()) return kPeerIndex;
    rsp_prod_pvt_ = req_cons_ = req_seen_ = rsp;
    return static_cast<int32_t>(req - rsp);
  }

  /// Copies up to `max` requests to `dst`. Returns how many, or kPeerIndex.
  [[nodiscard]] int32_t take_requests(void* dst, uint32_t max) {
    uint32_t available = req_seen_ - req_cons_;
    if (available == 0) {
      // acquire: pairs with the release in FrontRing::push_requests; the requests are visible with the index.
      const uint32_t req = load_acquire(this->req_prod());
      available = req - req_cons_;
      // One test for two lies: req_prod - rsp_prod_pvt > slots, and an index before the taken requests.
      if (available > this->slots() - outstanding()) return kPeerIndex;
      req_seen_ = req;
    }
    const uint32_t n = std::min(available, max);
    this->read_slots(req_cons_, dst, n);
    req_cons_ += n;
    return static_cast<int32_t>(n);
  }

  /// take_requests, polled again up to `polls` times while there is none.
  [[nodiscard]] int32_t take_requests_spinning(void* dst, uint32_t max, uint32_t polls) {
    for (;; polls--) {
      const int32_t n = take_requests(dst, max);
      if (n != 0 || polls == 0) return n;
      cpu_relax();
    }
  }

  /// Copies `n` responses from `src` and publishes them together. All or nothing: kNotOutstanding when fewer taken
  /// requests are unanswered, because the slot of an unread request would be overwritten (H6).
  [[nodiscard]] int32_t push_responses(const void* src, uint32_t n) {
    if (n > outstanding()) return kNotOutstanding;
    if (n == 0) return 0;
    this->write_slots(rsp_prod_pvt_, src, n);
    rsp_prod_pvt_ += n;
    // release: pairs with the acquire in FrontRing::take_responses. It also orders the copies out of these slots before
    // the front's next use of them.
    store_release(this->rsp_prod(), rsp_prod_pvt_);
    return static_cast<int32_t>(n);
  }

  /// Requests that were taken and not yet answered.
  [[nodiscard]] uint32_t outstanding() const { return req_cons_ - rsp_prod_pvt_; }

 private:
  uint32_t rsp_prod_pvt_ = 0;
  uint32_t req_cons_ = 0;
  uint32_t req_seen_ = 0;  // the latest valid req_prod
};

}  // namespace ctrl_if
