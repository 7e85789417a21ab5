// The desk of an environment: one transfer() for all its rings.
#include "addon.hpp"

namespace ctrl_if::addon {

namespace {

/// The desk that this thread used last: asking Node-API for a call's data takes a quarter of the call.
struct Here {
  napi_env env = nullptr;
  Desk* desk = nullptr;
};
#ifdef __GLIBC__
// Beside the thread's own words, of which glibc keeps some free for libraries that come late: half a call's gain would
// else go for finding it.
__attribute__((tls_model("initial-exec")))
#endif
thread_local Here here;

/// The environment ends, and another may come at its address.
void give_back(napi_env /*env*/, void* data, void* /*hint*/) {
  here = Here();
  static_cast<Desk*>(data)->release();
}

}  // namespace

// In a finalizer, where deleting references is allowed.
Desk::~Desk() { (void)napi_delete_reference(env_, reference_); }

Desk* Desk::of(napi_env env) {
  void* data = nullptr;
  return napi_get_instance_data(env, &data) == napi_ok ? static_cast<Desk*>(data) : nullptr;
}

napi_status Desk::open(napi_env env, napi_value exports) {
  auto* desk = new Desk();
  napi_status status = napi_set_instance_data(env, desk, give_back, nullptr);
  if (status != napi_ok) {
    desk->release();
    return status;
  }
  // Allocated by JS, not by us: external memory is refused where V8 runs in a sandbox.
  napi_value words = nullptr;
  void* memory = nullptr;
  status = napi_create_arraybuffer(env, kWords * sizeof(int32_t), &memory, &words);
  if (status != napi_ok) return status;
  desk->words_ = static_cast<int32_t*>(memory);
  // Strong, and given back only with the desk: the words must outlive every call.
  desk->env_ = env;
  status = napi_create_reference(env, words, 1, &desk->reference_);
  if (status != napi_ok) return status;
  status = napi_set_named_property(env, exports, "desk", words);
  return status == napi_ok ? bind(env, exports, "transfer", transfer, desk) : status;
}

uint32_t Desk::add(Clerk clerk) {
  for (uint32_t index = 0; index < clerks_.size(); index++) {
    if (clerks_[index].ring != nullptr) continue;
    clerks_[index] = clerk;
    return index;
  }
  clerks_.push_back(clerk);
  return static_cast<uint32_t>(clerks_.size() - 1);
}

napi_value Desk::transfer(napi_env env, napi_callback_info info) {
  if (here.env != env) {
    void* data = nullptr;
    size_t argc = 0;
    if (napi_get_cb_info(env, info, &argc, nullptr, nullptr, &data) != napi_ok) return nullptr;
    here = {env, target<Desk>(data)};
  }
  Desk* desk = here.desk;
  int32_t* words = desk->words_;
  words[kPublished] = words[kCollected] = 0;
  const auto index = static_cast<uint32_t>(words[kRing]);
  if (index < desk->clerks_.size() && desk->clerks_[index].ring != nullptr) {
    desk->clerks_[index].serve(desk->clerks_[index].ring, words);
  } else {
    words[kPublished] = words[kCollected] = kClosed;
  }
  return nullptr;
}

}  // namespace ctrl_if::addon
