// NativeRing: one half of a ring on a mapping. It is opened here and called through the CallBlock (addon.hpp).
#include <algorithm>
#include <string>
#include <utility>

#include "addon.hpp"
#include "ctrl_if/wakeup.hpp"

namespace ctrl_if::addon {

namespace {

// 26 ms on the measured machine. Inside a call, a worker cannot be terminated and JS cannot interrupt the process.
constexpr int32_t kMaxPolls = 1'000'000;

template <class Half>
class Ring final : public Transferable {
 public:
  Ring(napi_env env, Share<SharedSegment> mapping, Share<CallBlock> block, Half half, uint32_t* wakeup,
       PinnedArray outbox, PinnedArray inbox)
      : env_(env),
        mapping_(std::move(mapping)),
        block_(std::move(block)),
        half_(std::move(half)),
        wakeup_(wakeup),
        outbox_(outbox),
        inbox_(inbox),
        index_(block_->add(this)) {}

  [[nodiscard]] uint32_t index() const { return index_; }
  void transfer(int32_t* words) override;

 private:
  // Runs in a finalizer, where deleting references is allowed. The next collection frees the arrays.
  ~Ring() override {
    block_->remove(index_);
    (void)napi_delete_reference(env_, outbox_.reference);
    (void)napi_delete_reference(env_, inbox_.reference);
  }

  [[nodiscard]] uint32_t clamp(int32_t count) const {
    return count <= 0 ? 0 : std::min(static_cast<uint32_t>(count), half_.slots());
  }

  napi_env env_;
  Share<SharedSegment> mapping_;  // keeps the memory mapped
  Share<CallBlock> block_;
  Half half_;
  uint32_t* wakeup_;  // the peer's sleep word; null for a ring without one
  PinnedArray outbox_;
  PinnedArray inbox_;
  uint32_t index_;
};

template <class Geometry>
int32_t push(FrontRing<Geometry>& half, const uint8_t* src, uint32_t n) {
  return half.push_requests(src, n);
}
template <class Geometry>
int32_t push(BackRing<Geometry>& half, const uint8_t* src, uint32_t n) {
  return half.push_responses(src, n);
}
template <class Geometry>
int32_t take(FrontRing<Geometry>& half, uint8_t* dst, uint32_t max, uint32_t polls) {
  return half.take_responses_spinning(dst, max, polls);
}
template <class Geometry>
int32_t take(BackRing<Geometry>& half, uint8_t* dst, uint32_t max, uint32_t polls) {
  return half.take_requests_spinning(dst, max, polls);
}

/// Publishes, then claims the sleep word of a sleeping peer or collects.
template <class Half>
void Ring<Half>::transfer(int32_t* words) {
  if (!mapping_->segment.mapped()) {
    words[kCallCollected] = kRingClosed;
    return;
  }
  if (words[kCallCount] > 0) {
    const int32_t published = push(half_, outbox_.bytes, clamp(words[kCallCount]));
    if (published < 0) {
      words[kCallCollected] = published;
      return;
    }
    if (wakeup_ != nullptr && claim(wakeup_)) {
      // A peer that sleeps has nothing to collect from yet.
      words[kCallCollected] = kRingPeer;
      return;
    }
  }
  const uint32_t n = clamp(words[kCallMax]);
  // `polls` counts every poll, the core only those after the first. With `max` 0 there is nothing to spin for.
  const auto again = static_cast<uint32_t>(std::clamp(words[kCallPolls], 1, kMaxPolls) - 1);
  if (n > 0) words[kCallCollected] = take(half_, inbox_.bytes, n, again);
}

/// The arguments of openRing.
struct Arguments {
  napi_env env = nullptr;
  napi_value values[7] = {};  // role, offset, entryBytes, slots, outbox, inbox, peerWakeup

  napi_value operator[](size_t index) const { return values[index]; }
};

/// The checked arguments of openRing.
struct Plan {
  SharedSegment* mapping = nullptr;
  bool front = false;
  uint64_t offset = 0;
  uint8_t* base = nullptr;
  uint32_t entry_bytes = 0;
  uint32_t slots = 0;
  uint32_t* wakeup = nullptr;
  PinnedArray outbox;
  PinnedArray inbox;
};

bool check_geometry(const Arguments& args, Plan& plan) {
  uint64_t entry_bytes = 0;
  uint64_t slots = 0;
  if (!to_integer(args.env, args[1], plan.offset) || !to_integer(args.env, args[2], entry_bytes) ||
      !to_integer(args.env, args[3], slots)) {
    throw_type(args.env, "offset, entryBytes and slots must be integers of 0 or more");
    return false;
  }
  plan.entry_bytes = static_cast<uint32_t>(std::min<uint64_t>(entry_bytes, UINT32_MAX));
  plan.slots = static_cast<uint32_t>(std::min<uint64_t>(slots, UINT32_MAX));
  if (DynamicGeometry::valid(plan.entry_bytes, plan.slots)) return true;
  throw_range(args.env, "entryBytes must be a multiple of 4 in 4..65536 and slots a power of two in 1..65536");
  return false;
}

bool check_place(napi_env env, Plan& plan) {
  const Segment& segment = plan.mapping->segment;
  if (!segment.mapped()) {
    throw_closed(env);
    return false;
  }
  plan.base = segment.find(plan.offset, ring_bytes(plan.entry_bytes, plan.slots));
  if (plan.offset % 4 == 0 && plan.base != nullptr) return true;
  throw_range(env, "the ring must start at a multiple of 4 and lie inside the segment");
  return false;
}

/// A negative offset means no sleep word: the peer never sleeps, or the caller wakes it.
bool check_wakeup(const Arguments& args, Plan& plan) {
  const Segment& segment = plan.mapping->segment;
  int64_t offset = 0;
  if (napi_get_value_int64(args.env, args[6], &offset) != napi_ok) {
    throw_type(args.env, "peerWakeup must be a number");
    return false;
  }
  if (offset < 0) return true;
  plan.wakeup = reinterpret_cast<uint32_t*>(segment.find(static_cast<uint64_t>(offset), sizeof(uint32_t)));
  if (offset % 4 == 0 && plan.wakeup != nullptr) return true;
  throw_range(args.env, "peerWakeup must be a multiple of 4 inside the segment, or negative");
  return false;
}

/// Entry i is at i * entryBytes.
bool check_entries(napi_env env, napi_value value, uint64_t bytes_wanted, const char* name, PinnedArray& array) {
  if (!check_array(env, value, napi_uint8_array, name, array)) return false;
  if (array.length == bytes_wanted) return true;
  throw_range(env, (std::string(name) + " must have exactly " + std::to_string(bytes_wanted) + " bytes").c_str());
  return false;
}

bool check(const Arguments& args, Plan& plan) {
  napi_env env = args.env;
  int32_t role = 0;
  if (napi_get_value_int32(env, args[0], &role) != napi_ok || (role != kRoleFront && role != kRoleBack)) {
    throw_type(env, "role must be ROLE_FRONT or ROLE_BACK");
    return false;
  }
  plan.front = role == kRoleFront;
  // The place last: reading `resizable` may run JS, and JS may unmap. No JS runs between check_place and attach.
  if (!check_geometry(args, plan)) return false;
  const uint64_t all = uint64_t{plan.entry_bytes} * plan.slots;
  return check_entries(env, args[4], all, "outbox", plan.outbox) &&
         check_entries(env, args[5], all, "inbox", plan.inbox) && check_place(env, plan) && check_wakeup(args, plan);
}

bool set_integer(napi_env env, napi_value object, const char* name, int32_t number) {
  napi_value value = nullptr;
  return napi_create_int32(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

template <class Half>
napi_value open_half(const Arguments& args, Plan& plan, Half half) {
  napi_env env = args.env;
  const int32_t unanswered = half.attach(plan.base);
  if (unanswered < 0) {
    (void)napi_throw_error(env, "EPEERINDEX",
                           "EPEERINDEX: req_prod is further ahead of rsp_prod than the ring has slots: this is no ring "
                           "of that geometry, or a peer has damaged it");
    return nullptr;
  }
  // The Ring gets both references even when the second fails: Node-API refuses to delete a null reference, without
  // harm.
  const bool held = napi_create_reference(env, args[4], 1, &plan.outbox.reference) == napi_ok &&
                    napi_create_reference(env, args[5], 1, &plan.inbox.reference) == napi_ok;
  CallBlock* block = CallBlock::of(env);
  if (block == nullptr) return nullptr;
  const auto ring =
      Share<Ring<Half>>::adopt(new Ring<Half>(env, Share<SharedSegment>::of(plan.mapping), Share<CallBlock>::of(block),
                                              std::move(half), plan.wakeup, plan.outbox, plan.inbox));
  napi_value object = nullptr;
  if (!held || napi_create_object(env, &object) != napi_ok || !set_integer(env, object, "unanswered", unanswered) ||
      !set_integer(env, object, "index", static_cast<int32_t>(ring->index())) ||
      own(env, object, ring.get()) != napi_ok) {
    return nullptr;
  }
  return object;
}

}  // namespace

napi_value open_ring(napi_env env, napi_callback_info info) {
  Arguments args;
  args.env = env;
  Plan plan;
  plan.mapping = bound<SharedSegment>(env, info, 7, args.values);
  if (plan.mapping == nullptr || !check(args, plan)) return nullptr;
  if (plan.entry_bytes == ControlGeometry::entry_bytes() && plan.slots == ControlGeometry::slots()) {
    return plan.front ? open_half(args, plan, FrontRing<ControlGeometry>())
                      : open_half(args, plan, BackRing<ControlGeometry>());
  }
  const DynamicGeometry geometry(plan.entry_bytes, plan.slots);
  return plan.front ? open_half(args, plan, FrontRing<DynamicGeometry>(geometry))
                    : open_half(args, plan, BackRing<DynamicGeometry>(geometry));
}

}  // namespace ctrl_if::addon
