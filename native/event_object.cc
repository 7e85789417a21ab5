// NativeEvents: the event channels of a page. Raw Node-API, one number in and one out, because notify is on the hot
// path.
#include <algorithm>
#include <utility>

#include "addon.hpp"
#include "ctrl_if/event_channel.hpp"

namespace ctrl_if::addon {

namespace {

class Events final : public Shared {
 public:
  Events(napi_env env, Share<SharedSegment> mapping, PinnedArray ports)
      : channels(mapping->segment.base()), ports_(ports), env_(env), mapping_(std::move(mapping)) {}

  [[nodiscard]] bool mapped() const { return mapping_->segment.mapped(); }
  [[nodiscard]] uint32_t collect(uint32_t max) {
    const auto room = static_cast<uint32_t>(std::min<size_t>(ports_.length, kPorts));
    return channels.collect(reinterpret_cast<uint32_t*>(ports_.bytes), std::min(max, room));
  }

  EventChannels channels;

 private:
  ~Events() override { (void)napi_delete_reference(env_, ports_.reference); }  // runs in a finalizer, which may do that

  PinnedArray ports_;
  napi_env env_;
  Share<SharedSegment> mapping_;  // keeps the memory mapped
};

struct NumberCall {
  Events* events = nullptr;
  uint32_t number = 0;
};

/// The argument of every call: a number below `limit`. False after throwing.
bool number_call(napi_env env, napi_callback_info info, uint32_t limit, const char* sentence, NumberCall& out) {
  napi_value value = nullptr;
  out.events = bound<Events>(env, info, 1, &value);
  if (out.events == nullptr) return false;
  if (napi_get_value_uint32(env, value, &out.number) != napi_ok) {
    throw_type(env, sentence);
    return false;
  }
  if (out.number >= limit) {  // also when it was negative
    throw_range(env, sentence);
    return false;
  }
  if (!out.events->mapped()) {
    throw_closed(env);
    return false;
  }
  return true;
}

bool port_call(napi_env env, napi_callback_info info, NumberCall& out) {
  return number_call(env, info, kPorts, "port must be a number in 0..4095", out);
}

napi_value number(napi_env env, uint32_t value) {
  napi_value result = nullptr;
  (void)napi_create_uint32(env, value, &result);
  return result;
}

napi_value notify(napi_env env, napi_callback_info info) {
  NumberCall call;
  return port_call(env, info, call) ? number(env, call.events->channels.notify(call.number) ? 1 : 0) : nullptr;
}

napi_value mask(napi_env env, napi_callback_info info) {
  NumberCall call;
  if (port_call(env, info, call)) call.events->channels.mask(call.number);
  return nullptr;
}

napi_value unmask(napi_env env, napi_callback_info info) {
  NumberCall call;
  return port_call(env, info, call) ? number(env, call.events->channels.unmask(call.number) ? 1 : 0) : nullptr;
}

napi_value status(napi_env env, napi_callback_info info) {
  NumberCall call;
  return port_call(env, info, call) ? number(env, call.events->channels.status(call.number)) : nullptr;
}

napi_value collect(napi_env env, napi_callback_info info) {
  NumberCall call;
  if (!number_call(env, info, INT32_MAX, "max must be a number of 0 or more", call)) return nullptr;
  return number(env, call.events->collect(call.number));
}

constexpr Method kNotify[] = {{"notify", notify}};
constexpr Method kOwn[] = {{"mask", mask}, {"unmask", unmask}, {"status", status}, {"collect", collect}};

}  // namespace

// (ports), or () for a caller that only notifies: a controller opens one for each guest
napi_value open_events(napi_env env, napi_callback_info info) {
  napi_value array = nullptr;
  auto* mapping = bound<SharedSegment>(env, info, 1, &array);
  napi_valuetype type = napi_undefined;
  if (mapping == nullptr || napi_typeof(env, array, &type) != napi_ok) return nullptr;
  const bool owner = type != napi_undefined;
  PinnedArray ports;
  if (owner && !check_array(env, array, napi_uint32_array, "ports", ports)) return nullptr;
  // Checked last: check_array may run JS, which may unmap.
  if (!mapping->segment.mapped()) return throw_closed(env);
  if (mapping->segment.bytes() < kPageBytes) {
    return throw_range(env, "event channels need a page of 4096 bytes, and this segment is smaller");
  }
  const bool held = !owner || napi_create_reference(env, array, 1, &ports.reference) == napi_ok;
  const auto events = Share<Events>::adopt(new Events(env, Share<SharedSegment>::of(mapping), ports));
  napi_value object = nullptr;
  if (!held || napi_create_object(env, &object) != napi_ok) return nullptr;
  if (bind(env, object, kNotify, events.get()) != napi_ok) return nullptr;
  if (owner && bind(env, object, kOwn, events.get()) != napi_ok) return nullptr;
  return object;
}

}  // namespace ctrl_if::addon
