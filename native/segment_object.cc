// NativeSegment: words, bytes, rings and events of a segment. Raw Node-API: a call costs about 10 ns.
#include "addon.hpp"
#include "ctrl_if/wakeup.hpp"
#include "words.hpp"

namespace ctrl_if::addon {

namespace {

napi_value arm_wakeup(napi_env env, napi_callback_info info) {
  uint32_t* word = Words<SharedSegment>::word(env, info);
  if (word != nullptr) arm(word);
  return nullptr;
}

napi_value claim_wakeup(napi_env env, napi_callback_info info) {
  uint32_t* word = Words<SharedSegment>::word(env, info);
  napi_value result = nullptr;
  if (word != nullptr) (void)napi_get_boolean(env, claim(word), &result);
  return result;
}

constexpr Method kMethods[] = {
    {"claimWakeup", claim_wakeup},
    {"armWakeup", arm_wakeup},
    {"openRing", open_ring},
    {"openEvents", open_events},
};

}  // namespace

napi_value make_segment_object(napi_env env, const Share<SharedSegment>& shared) {
  const SegmentStat& stat = shared->segment.stat();
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok) return nullptr;
  if (set_number(env, object, "bytes", static_cast<double>(stat.bytes)) != napi_ok ||
      set_number(env, object, "uid", stat.uid) != napi_ok || set_number(env, object, "mode", stat.mode) != napi_ok ||
      set_number(env, object, "fd", shared->segment.fd()) != napi_ok ||
      bind(env, object, Words<SharedSegment>::kMethods, shared.get()) != napi_ok ||
      bind(env, object, kMethods, shared.get()) != napi_ok) {
    return nullptr;
  }
  return object;
}

}  // namespace ctrl_if::addon
