// NativeMemory: a domain's own memory. Offsets count from frame 0, and no call can touch a frame without memory.
#include <string>

#include "addon.hpp"
#include "ctrl_if/memory.hpp"
#include "words.hpp"

namespace ctrl_if::addon {

namespace {

class SharedMemory final : public Shared {
 public:
  static constexpr const char* kUnmapped = "this memory is unmapped; create it again to go on";
  static constexpr const char* kOutside = "offset and length must lie inside frames that have memory";

  [[nodiscard]] uint8_t* find(uint64_t offset, uint64_t bytes) const { return frames.find(offset, bytes); }
  [[nodiscard]] bool mapped() const { return frames.mapped(); }
  void unmap() { frames.reset(); }

  DomainMemory frames;
  std::string name;  // for later errors
};

/// The memory that the called function is bound to. Null after throwing, also when it is unmapped.
SharedMemory* begin(napi_env env, napi_callback_info info, size_t argc = 0, napi_value* argv = nullptr) {
  auto* memory = bound<SharedMemory>(env, info, argc, argv);
  if (memory == nullptr || memory->mapped()) return memory;
  throw_closed(env, SharedMemory::kUnmapped);
  return nullptr;
}

napi_value change(napi_env env, napi_callback_info info, Outcome (DomainMemory::*step)(uint64_t, uint64_t)) {
  napi_value argv[2];
  auto* memory = begin(env, info, 2, argv);
  if (memory == nullptr) return nullptr;
  uint32_t first = 0;
  uint32_t count = 0;
  if (napi_get_value_uint32(env, argv[0], &first) != napi_ok ||
      napi_get_value_uint32(env, argv[1], &count) != napi_ok) {
    return throw_type(env, "first and count must be numbers of frames");
  }
  const Outcome outcome = (memory->frames.*step)(first, count);
  return outcome.ok() ? nullptr : throw_outcome(env, outcome, memory->name);
}

napi_value populate(napi_env env, napi_callback_info info) { return change(env, info, &DomainMemory::populate); }

napi_value punch(napi_env env, napi_callback_info info) { return change(env, info, &DomainMemory::punch); }

constexpr Method kMethods[] = {{"populate", populate}, {"punch", punch}};

}  // namespace

// (name, maxFrames)
napi_value create_memory(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!read_arguments(env, info, 2, argv)) return nullptr;
  const auto memory = Share<SharedMemory>::adopt(new SharedMemory());
  uint64_t max_frames = 0;
  if (!to_name(env, argv[0], memory->name)) return nullptr;
  if (!to_integer(env, argv[1], max_frames)) return throw_type(env, "maxFrames must be an integer of 0 or more");
  const Outcome outcome = DomainMemory::create(memory->name.c_str(), max_frames, memory->frames);
  if (!outcome.ok()) return throw_outcome(env, outcome, memory->name);
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok || set_number(env, object, "fd", memory->frames.fd()) != napi_ok ||
      bind(env, object, Words<SharedMemory>::kMethods, memory.get()) != napi_ok ||
      bind(env, object, kMethods, memory.get()) != napi_ok) {
    return nullptr;
  }
  return object;
}

}  // namespace ctrl_if::addon
