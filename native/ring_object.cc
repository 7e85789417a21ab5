// NativeRing: one half of a ring on a mapping. publish() and collect() are the two calls every message goes through.
#include <algorithm>
#include <string>
#include <utility>

#include "addon.hpp"

namespace ctrl_if::addon {

namespace {

// 26 ms on the machine this was measured on. A worker cannot be terminated, nor a process interrupted from JS, inside a
// call.
constexpr int32_t kMaxPolls = 1'000'000;

/// A Uint8Array whose memory stays where it is: the ring's strong reference keeps it, and the TypeScript side, which
/// made it, marks its buffer untransferable. Entry i is at i * entryBytes.
struct Box {
  napi_ref reference = nullptr;
  uint8_t* bytes = nullptr;
};

template <class Half>
class Ring final : public Shared {
 public:
  Ring(napi_env env, Share<Mapping> mapping, Half half, Box outbox, Box inbox)
      : env_(env), mapping_(std::move(mapping)), half_(std::move(half)), outbox_(outbox), inbox_(inbox) {}

  [[nodiscard]] bool mapped() const { return mapping_->segment.mapped(); }
  [[nodiscard]] uint32_t clamp(int32_t count) const {
    return count <= 0 ? 0 : std::min(static_cast<uint32_t>(count), half_.slots());
  }
  [[nodiscard]] Half& half() { return half_; }
  [[nodiscard]] const uint8_t* outbox() const { return outbox_.bytes; }
  [[nodiscard]] uint8_t* inbox() const { return inbox_.bytes; }

 private:
  // In a finalizer, where deleting references is allowed; the arrays then go with the next collection.
  ~Ring() override {
    (void)napi_delete_reference(env_, outbox_.reference);
    (void)napi_delete_reference(env_, inbox_.reference);
  }

  napi_env env_;
  Share<Mapping> mapping_;  // a ring alone keeps its memory mapped
  Half half_;
  Box outbox_;
  Box inbox_;
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

napi_value to_count(napi_env env, int32_t count) {
  napi_value result = nullptr;
  (void)napi_create_int32(env, count, &result);  // a small integer: no allocation
  return result;
}

template <class Half>
napi_value publish(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  size_t argc = 1;
  void* data = nullptr;
  int32_t count = 0;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, &data) != napi_ok ||
      napi_get_value_int32(env, argv[0], &count) != napi_ok) {
    return throw_type(env, "publish(count): count must be a number");
  }
  auto* ring = target<Ring<Half>>(data);
  if (!ring->mapped()) return to_count(env, kClosed);
  return to_count(env, push(ring->half(), ring->outbox(), ring->clamp(count)));
}

template <class Half>
napi_value collect(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  size_t argc = 2;
  void* data = nullptr;
  int32_t max = 0;
  int32_t polls = 0;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, &data) != napi_ok ||
      napi_get_value_int32(env, argv[0], &max) != napi_ok || napi_get_value_int32(env, argv[1], &polls) != napi_ok) {
    return throw_type(env, "collect(max, polls): both must be numbers");
  }
  auto* ring = target<Ring<Half>>(data);
  if (!ring->mapped()) return to_count(env, kClosed);
  const uint32_t n = ring->clamp(max);
  // `polls` counts every look, the core only those after the first; nothing asked for is no reason to spin.
  const auto again = n == 0 ? 0U : static_cast<uint32_t>(std::clamp(polls, 1, kMaxPolls) - 1);
  return to_count(env, take(ring->half(), ring->inbox(), n, again));
}

/// (role, offset, entryBytes, slots, outbox, inbox)
struct Arguments {
  napi_env env = nullptr;
  void* data = nullptr;
  napi_value values[6] = {};

  Napi::Value operator[](size_t index) const { return {env, values[index]}; }
};

/// Everything openRing was given, checked.
struct Plan {
  Mapping* mapping = nullptr;
  bool front = false;
  uint64_t offset = 0;
  uint8_t* base = nullptr;
  uint32_t entry_bytes = 0;
  uint32_t slots = 0;
  Box outbox;
  Box inbox;
};

bool check_geometry(const Arguments& args, Plan& plan) {
  uint64_t entry_bytes = 0;
  uint64_t slots = 0;
  if (!to_integer(args[1], plan.offset) || !to_integer(args[2], entry_bytes) || !to_integer(args[3], slots)) {
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
  const uint64_t needed = ring_bytes(plan.entry_bytes, plan.slots);
  if (plan.offset % 4 != 0 || needed > segment.bytes() || plan.offset > segment.bytes() - needed) {
    throw_range(env, "the ring must start at a multiple of 4 and lie inside the segment");
    return false;
  }
  plan.base = segment.base() + plan.offset;
  return true;
}

/// Finds the memory of a box. An array of up to 64 bytes lives on V8's moving heap until its buffer is asked for, as
/// napi_get_typedarray_info does; from then on its memory does not move.
bool check_box(napi_env env, napi_value value, const Plan& plan, const char* name, Box& box) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* bytes = nullptr;
  napi_value buffer = nullptr;
  bool plain = false;
  if (napi_get_typedarray_info(env, value, &type, &length, &bytes, &buffer, nullptr) != napi_ok ||
      type != napi_uint8_array || napi_is_arraybuffer(env, buffer, &plain) != napi_ok || !plain) {
    throw_type(env, (std::string(name) + " must be a Uint8Array over an ArrayBuffer").c_str());
    return false;
  }
  // A buffer that shrinks takes its memory back from under the pointer.
  napi_value resizable = nullptr;
  if (napi_get_named_property(env, buffer, "resizable", &resizable) != napi_ok) return false;  // its getter threw
  bool shrinks = false;
  (void)napi_get_value_bool(env, resizable, &shrinks);  // undefined where buffers cannot be resized
  if (length != uint64_t{plan.entry_bytes} * plan.slots || shrinks) {
    throw_range(env, (std::string(name) + " must have exactly slots * entryBytes bytes and not be resizable").c_str());
    return false;
  }
  box.bytes = static_cast<uint8_t*>(bytes);
  return true;
}

bool check(const Arguments& args, Plan& plan) {
  napi_env env = args.env;
  plan.mapping = target<Mapping>(args.data);
  const std::string role = args[0].IsString() ? args[0].As<Napi::String>().Utf8Value() : "";
  if (role != "front" && role != "back") {
    throw_type(env, "role must be 'front' or 'back'");
    return false;
  }
  plan.front = role == "front";
  // The place last: looking at `resizable` may run JS, and JS may unmap. After check_place nothing does before attach.
  return check_geometry(args, plan) && check_box(env, args[4], plan, "outbox", plan.outbox) &&
         check_box(env, args[5], plan, "inbox", plan.inbox) && check_place(env, plan);
}

template <class Half>
napi_value open_half(const Arguments& args, Plan& plan, Half half) {
  napi_env env = args.env;
  const int32_t unanswered = half.attach(plan.base);
  if (unanswered < 0) {
    (void)napi_throw_error(env, "EPEERINDEX",
                           "EPEERINDEX: req_prod is further ahead of rsp_prod than the ring has slots; this is no ring "
                           "of that geometry, or a peer has damaged it");
    return nullptr;
  }
  // Both are given to the Ring even when the second fails: deleting a null reference is refused, and harmless.
  const bool held = napi_create_reference(env, args[4], 1, &plan.outbox.reference) == napi_ok &&
                    napi_create_reference(env, args[5], 1, &plan.inbox.reference) == napi_ok;
  const auto ring = Share<Ring<Half>>::adopt(
      new Ring<Half>(env, Share<Mapping>::of(plan.mapping), std::move(half), plan.outbox, plan.inbox));
  napi_value object = nullptr;
  napi_value count = nullptr;
  if (!held || napi_create_object(env, &object) != napi_ok || napi_create_int32(env, unanswered, &count) != napi_ok ||
      napi_set_named_property(env, object, "unanswered", count) != napi_ok ||
      bind(env, object, "publish", publish<Half>, ring.get()) != napi_ok ||
      bind(env, object, "collect", collect<Half>, ring.get()) != napi_ok) {
    return nullptr;
  }
  return object;
}

}  // namespace

napi_value open_ring(napi_env env, napi_callback_info info) {
  Arguments args;
  args.env = env;
  size_t argc = 6;
  if (napi_get_cb_info(env, info, &argc, args.values, nullptr, &args.data) != napi_ok) return nullptr;
  Plan plan;
  if (!check(args, plan)) return nullptr;
  if (plan.entry_bytes == ControlGeometry::entry_bytes() && plan.slots == ControlGeometry::slots()) {
    return plan.front ? open_half(args, plan, FrontRing<ControlGeometry>())
                      : open_half(args, plan, BackRing<ControlGeometry>());
  }
  const DynamicGeometry geometry(plan.entry_bytes, plan.slots);
  return plan.front ? open_half(args, plan, FrontRing<DynamicGeometry>(geometry))
                    : open_half(args, plan, BackRing<DynamicGeometry>(geometry));
}

}  // namespace ctrl_if::addon
