// What the files of the addon share. The addon maps memory and moves entries; TypeScript decides what they mean.
//
// Lifetime. A JS function that needs a mapping or a ring points straight to it (the `data` of napi_create_function) and
// owns a share of it; the share is given back by the function's finalizer. So `const { load32 } = segment` is safe on
// its own, and memory is unmapped when the last function is collected, or earlier by unmap(), after which every call
// finds mapped() false. When an environment ends (process exit, a worker's end or terminate()), Node-API runs the
// finalizers that are left, in an order that nobody may rely on, after the last JS has run: shares make any order
// right.
//
// There is no state outside those shares, static or per environment: any number of worker threads may load the addon.
// One share is only ever touched by the thread of its environment, so the count is a plain integer.
#pragma once

#include <napi.h>

#include <cstdint>

#include "ctrl_if/ring.hpp"
#include "ctrl_if/segment.hpp"

namespace ctrl_if::addon {

/// Base of everything JS functions point to.
class Shared {
 public:
  Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  void retain() { shares_++; }
  void release() {
    if (--shares_ == 0) delete this;
  }

 protected:
  virtual ~Shared() = default;

 private:
  uint32_t shares_ = 1;
};

/// A share held by C++: by a scope, or by a ring of its mapping.
template <class T>
class Share {
 public:
  static Share adopt(T* fresh) { return Share(fresh); }
  static Share of(T* other) {
    other->retain();
    return Share(other);
  }
  Share(Share&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  Share& operator=(Share&&) = delete;
  ~Share() {
    if (target_ != nullptr) target_->release();
  }
  T* operator->() const { return target_; }
  T* get() const { return target_; }

 private:
  explicit Share(T* target) : target_(target) {}
  T* target_;
};

class Mapping final : public Shared {
 public:
  Segment segment;
};

/// The `data` of a call, as the type that bind() was given.
template <class T>
T* target(void* data) {
  return static_cast<T*>(static_cast<Shared*>(data));
}

/// Adds function `name` to `object`, bound to `data` and owning a share of it. Fails only when JS can no longer run.
napi_status bind(napi_env env, napi_value object, const char* name, napi_callback call, Shared* data);

/// A JS number that is an integer in 0..2^53-1.
bool to_integer(const Napi::Value& value, uint64_t& out);

// All throw and return nullptr. Codes are Node's own, or an errno's name, or ETRUNCATED, ECLOSED, EPEERINDEX.
napi_value throw_type(napi_env env, const char* sentence);
napi_value throw_range(napi_env env, const char* sentence);
napi_value throw_closed(napi_env env);

/// segment_object.cc: the NativeSegment around a mapping.
napi_value make_segment_object(napi_env env, const Share<Mapping>& mapping);

/// ring_object.cc: NativeSegment's openRing, bound to a Mapping.
napi_value open_ring(napi_env env, napi_callback_info info);

}  // namespace ctrl_if::addon
