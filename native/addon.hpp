// Declarations for the files of the addon. The addon maps memory and copies entries; TypeScript interprets them.
//
// Lifetime. A JS function that needs a mapping or a ring points to it (the `data` of napi_create_function) and owns a
// share of it. The function's finalizer gives the share back. So `const { load32 } = segment` is safe without the
// segment. Memory is unmapped when the last function is collected, or earlier by unmap(); then mapped() is false in
// every call. When an environment ends (process exit, a worker's end or terminate()), Node-API runs the remaining
// finalizers after the last JS, in an unspecified order. With shares, any order is correct.
//
// Any number of worker threads may load the addon. Each environment has one CallBlock, held by shares as well. The only
// static state is thread_local: call_block.cc caches the block that its thread used last, and clears the cache when the
// environment ends. Only the thread of an environment touches its shares, so the count is a plain integer.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ctrl_if/codes.h"
#include "ctrl_if/ring.hpp"
#include "ctrl_if/segment.hpp"

namespace ctrl_if::addon {

/// The base class of all data that JS functions point to.
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

/// A share that C++ holds, in a scope or in a ring.
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

class SharedSegment final : public Shared {
 public:
  static constexpr const char* kUnmapped = "this segment is unmapped; open it again to go on";
  static constexpr const char* kOutside = "offset and length must lie inside the segment";

  [[nodiscard]] uint8_t* find(uint64_t offset, uint64_t bytes) const { return segment.find(offset, bytes); }
  [[nodiscard]] bool mapped() const { return segment.mapped(); }
  void unmap() { segment.reset(); }

  Segment segment;
};

/// A ring of any geometry and role, for transfer().
class Transferable : public Shared {
 public:
  /// Reads its arguments from the words of a CallBlock and writes its results there.
  virtual void transfer(int32_t* words) = 0;
};

/// The arguments and results of transfer(): words that JS and C++ share, one block for each environment. It is fast for
/// two reasons. An access to an array element costs almost nothing, but an argument through Node-API costs 7 ns. And
/// one JS function serves all rings: V8 calls a native function in half the time (12 ns, not 26) when a call site only
/// ever sees one function.
class CallBlock final : public Shared {
 public:
  /// The block of the environment; null when it has none, as while it ends.
  static CallBlock* of(napi_env env);
  /// Creates the block, and adds its words and transfer() to `exports`.
  static napi_status open(napi_env env, napi_value exports);

  /// Returns the index by which JS names `ring`. The ring calls remove() before it is deleted.
  uint32_t add(Transferable* ring);
  void remove(uint32_t index) { rings_[index] = nullptr; }

 private:
  ~CallBlock() override;
  static napi_value transfer(napi_env env, napi_callback_info info);

  napi_env env_ = nullptr;
  napi_ref reference_ = nullptr;
  int32_t* words_ = nullptr;          // in an ArrayBuffer that the reference keeps alive
  std::vector<Transferable*> rings_;  // null: a free index
};

/// The first `argc` arguments of a call. Missing ones are undefined. False when JS can no longer run.
inline bool read_arguments(napi_env env, napi_callback_info info, size_t argc, napi_value* argv,
                           void** data = nullptr) {
  return napi_get_cb_info(env, info, &argc, argv, nullptr, data) == napi_ok;
}

/// The data that the called function is bound to, as the type passed to bind(), and its arguments. Null when JS can no
/// longer run.
template <class T>
T* bound(napi_env env, napi_callback_info info, size_t argc = 0, napi_value* argv = nullptr) {
  void* data = nullptr;
  return read_arguments(env, info, argc, argv, &data) ? static_cast<T*>(static_cast<Shared*>(data)) : nullptr;
}

/// Adds function `name` to `object`, bound to `data` and owning a share of it. Fails only when JS can no longer run.
napi_status bind(napi_env env, napi_value object, const char* name, napi_callback call, Shared* data);

struct Method {
  const char* name;
  napi_callback call;
};

template <size_t N>
napi_status bind(napi_env env, napi_value object, const Method (&methods)[N], Shared* data) {
  for (const Method& method : methods) {
    const napi_status status = bind(env, object, method.name, method.call, data);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

/// Makes `object` own a share of `data`.
napi_status own(napi_env env, napi_value object, Shared* data);

/// A typed array whose memory does not move: the strong reference keeps it alive, and the TypeScript code that created
/// it marks its buffer untransferable.
struct PinnedArray {
  napi_ref reference = nullptr;
  uint8_t* bytes = nullptr;
  size_t length = 0;  // in elements
};

/// pinned_array.cc: finds the memory of `value`. The caller creates the reference. False after throwing. May run JS.
bool check_array(napi_env env, napi_value value, napi_typedarray_type type, const char* name, PinnedArray& array);

/// Sets a property. Fails only when JS can no longer run.
napi_status set_number(napi_env env, napi_value object, const char* name, double number);

/// A JS number that is an integer in 0..2^53-1.
bool to_integer(napi_env env, napi_value value, uint64_t& out);

/// A name for shm_open: not empty, no NUL. False after throwing.
bool to_name(napi_env env, napi_value value, std::string& out);

// All of these throw and return nullptr. The code is one of Node's, an errno's name, ETRUNCATED, EKIND, ECLOSED or
// EPEERINDEX.
napi_value throw_type(napi_env env, const char* sentence);
napi_value throw_range(napi_env env, const char* sentence);
napi_value throw_closed(napi_env env, const char* sentence = SharedSegment::kUnmapped);
/// Throws the error for `outcome`, which is not ok(), about `name`.
napi_value throw_outcome(napi_env env, const Outcome& outcome, const std::string& name);

/// segment_object.cc: the NativeSegment around a mapping.
napi_value make_segment_object(napi_env env, const Share<SharedSegment>& mapping);

/// memory_object.cc: (name, maxFrames) to a NativeMemory.
napi_value create_memory(napi_env env, napi_callback_info info);

/// ring_object.cc: NativeSegment's openRing, bound to a SharedSegment.
napi_value open_ring(napi_env env, napi_callback_info info);

/// event_object.cc: NativeSegment's openEvents, bound to a SharedSegment.
napi_value open_events(napi_env env, napi_callback_info info);

/// doorbell_object.cc: openDoorbell and openRinger.
napi_value open_doorbell(napi_env env, napi_callback_info info);
napi_value open_ringer(napi_env env, napi_callback_info info);

}  // namespace ctrl_if::addon
