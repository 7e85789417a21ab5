// NativeSegment: words and bytes of a mapping, each call bounds-checked. Raw Node-API: a call costs about 10 ns.
#include <cstring>

#include "addon.hpp"
#include "ctrl_if/atomics.hpp"
#include "ctrl_if/wakeup.hpp"

namespace ctrl_if::addon {

namespace {

struct WordCall {
  uint32_t* word = nullptr;
  uint32_t value = 0;
  uint32_t desired = 0;
};

/// Arguments (offset), (offset, value) or (offset, value, desired) of a word's call. False after throwing.
bool word_call(napi_env env, napi_callback_info info, size_t arguments, WordCall& out) {
  napi_value argv[3];
  auto* shared = bound<SharedSegment>(env, info, 3, argv);
  if (shared == nullptr) return false;
  int64_t offset = 0;
  if (napi_get_value_int64(env, argv[0], &offset) != napi_ok) {
    throw_type(env, "offset must be a number of bytes");
    return false;
  }
  if (arguments >= 2 && napi_get_value_uint32(env, argv[1], &out.value) != napi_ok) {
    throw_type(env, "value must be a number");
    return false;
  }
  if (arguments == 3 && napi_get_value_uint32(env, argv[2], &out.desired) != napi_ok) {
    throw_type(env, "desired must be a number");
    return false;
  }
  const Segment& segment = shared->segment;
  if (!segment.mapped()) {
    throw_closed(env);
    return false;
  }
  // Unsigned, so that a negative offset is beyond every mapping.
  if (offset % 4 != 0 || segment.bytes() < 4 || static_cast<uint64_t>(offset) > segment.bytes() - 4) {
    throw_range(env, "offset must be a multiple of 4 and inside the segment");
    return false;
  }
  out.word = reinterpret_cast<uint32_t*>(segment.base() + offset);
  return true;
}

napi_value load32(napi_env env, napi_callback_info info) {
  WordCall call;
  if (!word_call(env, info, 1, call)) return nullptr;
  napi_value result = nullptr;
  // acquire: pairs with the release of store32 in the peer.
  (void)napi_create_uint32(env, load_acquire(call.word), &result);
  return result;
}

napi_value store32(napi_env env, napi_callback_info info) {
  WordCall call;
  if (word_call(env, info, 2, call)) store_release(call.word, call.value);  // pairs with load32
  return nullptr;
}

napi_value arm_wakeup(napi_env env, napi_callback_info info) {
  WordCall call;
  if (word_call(env, info, 1, call)) arm(call.word);
  return nullptr;
}

napi_value claim_wakeup(napi_env env, napi_callback_info info) {
  WordCall call;
  if (!word_call(env, info, 1, call)) return nullptr;
  napi_value result = nullptr;
  (void)napi_get_boolean(env, claim(call.word), &result);
  return result;
}

napi_value compare_exchange32(napi_env env, napi_callback_info info) {
  WordCall call;
  if (!word_call(env, info, 3, call)) return nullptr;
  napi_value result = nullptr;
  // acquire and release: pairs with the peer's on the same word, and with its load32 and store32.
  (void)napi_create_uint32(env, compare_exchange(call.word, call.value, call.desired), &result);
  return result;
}

struct BytesCall {
  uint8_t* page = nullptr;
  void* array = nullptr;
  size_t bytes = 0;
};

/// Arguments (offset, Uint8Array) of read and write; the array says how many bytes. False after throwing.
bool bytes_call(napi_env env, napi_callback_info info, BytesCall& out) {
  napi_value argv[2];
  auto* shared = bound<SharedSegment>(env, info, 2, argv);
  if (shared == nullptr) return false;
  int64_t offset = 0;
  if (napi_get_value_int64(env, argv[0], &offset) != napi_ok) {
    throw_type(env, "offset must be a number of bytes");
    return false;
  }
  napi_typedarray_type type = napi_int8_array;
  if (napi_get_typedarray_info(env, argv[1], &type, &out.bytes, &out.array, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw_type(env, "the second argument must be a Uint8Array");
    return false;
  }
  const Segment& segment = shared->segment;
  if (!segment.mapped()) {
    throw_closed(env);
    return false;
  }
  if (out.bytes > segment.bytes() || static_cast<uint64_t>(offset) > segment.bytes() - out.bytes) {
    throw_range(env, "offset and length must lie inside the segment");
    return false;
  }
  out.page = segment.base() + offset;
  return true;
}

// Plain copies: what the peer writes meanwhile may be seen in part. A word that announces the bytes orders them.
napi_value read(napi_env env, napi_callback_info info) {
  BytesCall call;
  if (bytes_call(env, info, call) && call.bytes > 0) std::memcpy(call.array, call.page, call.bytes);
  return nullptr;
}

napi_value write(napi_env env, napi_callback_info info) {
  BytesCall call;
  if (bytes_call(env, info, call) && call.bytes > 0) std::memcpy(call.page, call.array, call.bytes);
  return nullptr;
}

napi_value unmap(napi_env env, napi_callback_info info) {
  if (auto* shared = bound<SharedSegment>(env, info)) shared->segment.reset();
  return nullptr;
}

struct Method {
  const char* name;
  napi_callback call;
};

constexpr Method kMethods[] = {
    {"load32", load32},
    {"store32", store32},
    {"claimWakeup", claim_wakeup},
    {"armWakeup", arm_wakeup},
    {"compareExchange32", compare_exchange32},
    {"read", read},
    {"write", write},
    {"openRing", open_ring},
    {"openEvents", open_events},
    {"unmap", unmap},
};

}  // namespace

napi_value make_segment_object(napi_env env, const Share<SharedSegment>& mapping) {
  const SegmentStat& stat = mapping->segment.stat();
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok) return nullptr;
  if (set_number(env, object, "bytes", static_cast<double>(stat.bytes)) != napi_ok ||
      set_number(env, object, "uid", stat.uid) != napi_ok || set_number(env, object, "mode", stat.mode) != napi_ok ||
      set_number(env, object, "fd", mapping->segment.fd()) != napi_ok) {
    return nullptr;
  }
  for (const Method& method : kMethods) {
    if (bind(env, object, method.name, method.call, mapping.get()) != napi_ok) return nullptr;
  }
  return object;
}

}  // namespace ctrl_if::addon
