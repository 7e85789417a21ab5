// NativeMemory: a domain's own memory. Words and bytes at offsets from frame 0, each call checked against the frames
// that have memory, so that no call can touch a hole.
#include <cstring>

#include "addon.hpp"
#include "ctrl_if/atomics.hpp"
#include "ctrl_if/memory.hpp"

namespace ctrl_if::addon {

namespace {

class Memory final : public Shared {
 public:
  DomainMemory frames;
  std::string name;  // for what the system says of it later
};

struct Call {
  napi_value argv[3] = {};
  Memory* memory = nullptr;
};

/// False after throwing.
bool begin(napi_env env, napi_callback_info info, Call& out) {
  out.memory = bound<Memory>(env, info, 3, out.argv);
  if (out.memory == nullptr) return false;
  if (out.memory->frames.mapped()) return true;
  throw_closed(env, "this memory is unmapped; create it again to go on");
  return false;
}

/// Where `bytes` bytes at offset argv[0] are; null after throwing.
uint8_t* locate(napi_env env, const Call& call, size_t bytes) {
  int64_t signed_offset = 0;
  if (napi_get_value_int64(env, call.argv[0], &signed_offset) != napi_ok) {
    throw_type(env, "offset must be a number of bytes");
    return nullptr;
  }
  const DomainMemory& frames = call.memory->frames;
  const auto offset = static_cast<uint64_t>(signed_offset);  // a negative one is then beyond every frame
  const uint64_t first = offset / DomainMemory::kFrameBytes;
  const uint64_t last = (offset + (bytes == 0 ? 0 : bytes - 1)) / DomainMemory::kFrameBytes;
  if (last < first || !frames.populated(first, last - first + 1)) {
    throw_range(env, "offset and length must lie inside frames that have memory");
    return nullptr;
  }
  return frames.base() + offset;
}

uint32_t* locate_word(napi_env env, const Call& call) {
  uint8_t* at = locate(env, call, 4);
  if (at == nullptr) return nullptr;
  if (reinterpret_cast<uintptr_t>(at) % 4 != 0) {
    throw_range(env, "offset must be a multiple of 4");
    return nullptr;
  }
  return reinterpret_cast<uint32_t*>(at);
}

bool number(napi_env env, napi_value value, uint32_t& out) {
  if (napi_get_value_uint32(env, value, &out) == napi_ok) return true;
  throw_type(env, "value must be a number");
  return false;
}

napi_value load32(napi_env env, napi_callback_info info) {
  Call call;
  if (!begin(env, info, call)) return nullptr;
  const uint32_t* word = locate_word(env, call);
  napi_value result = nullptr;
  // acquire: pairs with store32 and compareExchange32 in the peer.
  if (word != nullptr) (void)napi_create_uint32(env, load_acquire(word), &result);
  return result;
}

napi_value store32(napi_env env, napi_callback_info info) {
  Call call;
  uint32_t value = 0;
  if (!begin(env, info, call) || !number(env, call.argv[1], value)) return nullptr;
  uint32_t* word = locate_word(env, call);
  if (word != nullptr) store_release(word, value);  // pairs with load32 and compareExchange32
  return nullptr;
}

napi_value compare_exchange32(napi_env env, napi_callback_info info) {
  Call call;
  uint32_t expected = 0;
  uint32_t desired = 0;
  if (!begin(env, info, call) || !number(env, call.argv[1], expected) || !number(env, call.argv[2], desired)) {
    return nullptr;
  }
  uint32_t* word = locate_word(env, call);
  napi_value result = nullptr;
  // acquire and release: pairs with the peer's on the same word.
  if (word != nullptr) (void)napi_create_uint32(env, compare_exchange(word, expected, desired), &result);
  return result;
}

/// Where to copy from or to; `bytes` is 0 where there is nothing to copy, and after throwing.
struct Copy {
  uint8_t* frames = nullptr;
  void* array = nullptr;
  size_t bytes = 0;
};

Copy begin_copy(napi_env env, napi_callback_info info) {
  Call call;
  Copy copy;
  if (!begin(env, info, call)) return {};
  napi_typedarray_type type = napi_int8_array;
  if (napi_get_typedarray_info(env, call.argv[1], &type, &copy.bytes, &copy.array, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw_type(env, "the second argument must be a Uint8Array");
    return {};
  }
  copy.frames = locate(env, call, copy.bytes);
  return copy.frames == nullptr ? Copy{} : copy;
}

// Plain copies, as a segment's: a word that announces the bytes orders them.
napi_value read(napi_env env, napi_callback_info info) {
  const Copy copy = begin_copy(env, info);
  if (copy.bytes > 0) std::memcpy(copy.array, copy.frames, copy.bytes);
  return nullptr;
}

napi_value write(napi_env env, napi_callback_info info) {
  const Copy copy = begin_copy(env, info);
  if (copy.bytes > 0) std::memcpy(copy.frames, copy.array, copy.bytes);
  return nullptr;
}

napi_value change(napi_env env, napi_callback_info info, Outcome (DomainMemory::*step)(uint64_t, uint64_t)) {
  Call call;
  uint32_t first = 0;
  uint32_t count = 0;
  if (!begin(env, info, call) || !number(env, call.argv[0], first) || !number(env, call.argv[1], count)) return nullptr;
  const Outcome outcome = (call.memory->frames.*step)(first, count);
  if (!outcome.ok()) (void)throw_outcome(env, outcome, call.memory->name);
  return nullptr;
}

napi_value populate(napi_env env, napi_callback_info info) { return change(env, info, &DomainMemory::populate); }

napi_value punch(napi_env env, napi_callback_info info) { return change(env, info, &DomainMemory::punch); }

napi_value resident_frames(napi_env env, napi_callback_info info) {
  Call call;
  if (!begin(env, info, call)) return nullptr;
  uint64_t frames = 0;
  const Outcome outcome = call.memory->frames.resident(frames);
  napi_value result = nullptr;
  if (outcome.ok()) {
    (void)napi_create_double(env, static_cast<double>(frames), &result);
  } else {
    (void)throw_outcome(env, outcome, call.memory->name);
  }
  return result;
}

napi_value unmap(napi_env env, napi_callback_info info) {
  if (auto* memory = bound<Memory>(env, info)) memory->frames.reset();
  return nullptr;
}

struct Method {
  const char* name;
  napi_callback call;
};

constexpr Method kMethods[] = {
    {"load32", load32}, {"store32", store32}, {"compareExchange32", compare_exchange32},
    {"read", read},     {"write", write},     {"populate", populate},
    {"punch", punch},   {"unmap", unmap},     {"residentFrames", resident_frames},
};

}  // namespace

// (name, maxFrames)
napi_value create_memory(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!read_arguments(env, info, 2, argv)) return nullptr;
  const auto memory = Share<Memory>::adopt(new Memory());
  uint64_t max_frames = 0;
  if (!to_name(env, argv[0], memory->name)) return nullptr;
  if (!to_integer(env, argv[1], max_frames)) return throw_type(env, "maxFrames must be an integer of 0 or more");
  const Outcome outcome = DomainMemory::create(memory->name.c_str(), max_frames, memory->frames);
  if (!outcome.ok()) return throw_outcome(env, outcome, memory->name);
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok || set_number(env, object, "fd", memory->frames.fd()) != napi_ok) {
    return nullptr;
  }
  for (const Method& method : kMethods) {
    if (bind(env, object, method.name, method.call, memory.get()) != napi_ok) return nullptr;
  }
  return object;
}

}  // namespace ctrl_if::addon
