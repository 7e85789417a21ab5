// Words and bytes of mapped memory as methods of a JS object, for NativeSegment and NativeMemory.
#pragma once

#include <cstring>

#include "addon.hpp"
#include "ctrl_if/atomics.hpp"

namespace ctrl_if::addon {

/// The functions are bound to a `Memory`. It has find(), mapped() and unmap(), as Segment and DomainMemory do, and two
/// sentences for errors: kUnmapped and kOutside. Each call checks its bytes by find().
template <class Memory>
class Words {
 public:
  static constexpr size_t kMaxNumbers = 2;

  /// The word at the offset in the first argument; `numbers` gets the next `count` arguments. Null after throwing.
  static uint32_t* word(napi_env env, napi_callback_info info, size_t count = 0, uint32_t* numbers = nullptr) {
    napi_value argv[1 + kMaxNumbers];
    auto* memory = bound<Memory>(env, info, 1 + count, argv);
    if (memory == nullptr) return nullptr;
    for (size_t i = 0; i < count; i++) {
      if (napi_get_value_uint32(env, argv[1 + i], &numbers[i]) == napi_ok) continue;
      throw_type(env, i == 0 ? "value must be a number" : "desired must be a number");
      return nullptr;
    }
    uint8_t* place = locate(env, *memory, argv[0], sizeof(uint32_t));
    if (place == nullptr || reinterpret_cast<uintptr_t>(place) % alignof(uint32_t) == 0) {
      return reinterpret_cast<uint32_t*>(place);
    }
    throw_range(env, "offset must be a multiple of 4");
    return nullptr;
  }

 private:
  static uint8_t* locate(napi_env env, const Memory& memory, napi_value argument, uint64_t bytes) {
    int64_t offset = 0;
    if (napi_get_value_int64(env, argument, &offset) != napi_ok) {
      throw_type(env, "offset must be a number of bytes");
      return nullptr;
    }
    if (!memory.mapped()) {
      throw_closed(env, Memory::kUnmapped);
      return nullptr;
    }
    // Unsigned, so that a negative offset is beyond every mapping.
    uint8_t* place = memory.find(static_cast<uint64_t>(offset), bytes);
    if (place == nullptr) throw_range(env, Memory::kOutside);
    return place;
  }

  static napi_value number(napi_env env, uint32_t value) {
    napi_value result = nullptr;
    (void)napi_create_uint32(env, value, &result);
    return result;
  }

  static napi_value load32(napi_env env, napi_callback_info info) {
    const uint32_t* place = word(env, info);
    // acquire: pairs with the release of store32 and compareExchange32 in the peer.
    return place == nullptr ? nullptr : number(env, load_acquire(place));
  }

  static napi_value store32(napi_env env, napi_callback_info info) {
    uint32_t value = 0;
    uint32_t* place = word(env, info, 1, &value);
    if (place != nullptr) store_release(place, value);  // pairs with load32 and compareExchange32
    return nullptr;
  }

  static napi_value compare_exchange32(napi_env env, napi_callback_info info) {
    uint32_t numbers[2] = {};
    uint32_t* place = word(env, info, 2, numbers);
    // acquire and release: pairs with the peer's on the same word, and with its load32 and store32.
    return place == nullptr ? nullptr : number(env, compare_exchange(place, numbers[0], numbers[1]));
  }

  /// The source and target of read and write. `bytes` is 0 when there is nothing to copy, and after throwing.
  struct Copy {
    uint8_t* memory = nullptr;
    void* array = nullptr;
    size_t bytes = 0;
  };

  /// Arguments (offset, Uint8Array): copies as many bytes as the array has.
  static Copy copy(napi_env env, napi_callback_info info) {
    napi_value argv[2];
    auto* memory = bound<Memory>(env, info, 2, argv);
    if (memory == nullptr) return {};
    Copy copy;
    napi_typedarray_type type = napi_int8_array;
    if (napi_get_typedarray_info(env, argv[1], &type, &copy.bytes, &copy.array, nullptr, nullptr) != napi_ok ||
        type != napi_uint8_array) {
      throw_type(env, "the second argument must be a Uint8Array");
      return {};
    }
    copy.memory = locate(env, *memory, argv[0], copy.bytes);
    return copy.memory == nullptr ? Copy{} : copy;
  }

  // Plain copies: concurrent writes of the peer may be seen in part. A word that announces the bytes orders them.
  static napi_value read(napi_env env, napi_callback_info info) {
    const Copy bytes = copy(env, info);
    if (bytes.bytes > 0) std::memcpy(bytes.array, bytes.memory, bytes.bytes);
    return nullptr;
  }

  static napi_value write(napi_env env, napi_callback_info info) {
    const Copy bytes = copy(env, info);
    if (bytes.bytes > 0) std::memcpy(bytes.memory, bytes.array, bytes.bytes);
    return nullptr;
  }

  static napi_value unmap(napi_env env, napi_callback_info info) {
    if (auto* memory = bound<Memory>(env, info)) memory->unmap();
    return nullptr;
  }

 public:
  static constexpr Method kMethods[] = {
      {"load32", load32}, {"store32", store32}, {"compareExchange32", compare_exchange32},
      {"read", read},     {"write", write},     {"unmap", unmap},
  };
};

}  // namespace ctrl_if::addon
