// The CallBlock of an environment: one transfer() for all its rings.
#include <algorithm>

#include "addon.hpp"

namespace ctrl_if::addon {

namespace {

/// The block that this thread used last: reading a call's data through Node-API takes a quarter of the call.
struct Here {
  napi_env env = nullptr;
  CallBlock* block = nullptr;
};
#ifdef __GLIBC__
// glibc reserves some static TLS in each thread for libraries that are loaded late. A lookup by __tls_get_addr would
// cost half of the gain.
__attribute__((tls_model("initial-exec")))
#endif
thread_local Here here;

/// The environment ends. The next one may have the same address, so the cached block is cleared.
void give_back(napi_env /*env*/, void* data, void* /*hint*/) {
  here = Here();
  static_cast<CallBlock*>(data)->release();
}

}  // namespace

// Runs in a finalizer, where deleting references is allowed.
CallBlock::~CallBlock() { (void)napi_delete_reference(env_, reference_); }

CallBlock* CallBlock::of(napi_env env) {
  void* data = nullptr;
  return napi_get_instance_data(env, &data) == napi_ok ? static_cast<CallBlock*>(data) : nullptr;
}

napi_status CallBlock::open(napi_env env, napi_value exports) {
  auto* block = new CallBlock();
  napi_status status = napi_set_instance_data(env, block, give_back, nullptr);
  if (status != napi_ok) {
    block->release();
    return status;
  }
  // Allocated by JS: V8 refuses external memory where it runs in a sandbox.
  napi_value words = nullptr;
  void* memory = nullptr;
  status = napi_create_arraybuffer(env, kCallWords * sizeof(int32_t), &memory, &words);
  if (status != napi_ok) return status;
  block->words_ = static_cast<int32_t*>(memory);
  // A strong reference, deleted with the block: the words must outlive every call.
  block->env_ = env;
  status = napi_create_reference(env, words, 1, &block->reference_);
  if (status != napi_ok) return status;
  status = napi_set_named_property(env, exports, "callBlock", words);
  return status == napi_ok ? bind(env, exports, "transfer", transfer, block) : status;
}

uint32_t CallBlock::add(Transferable* ring) {
  const auto free = std::find(rings_.begin(), rings_.end(), nullptr);
  const auto index = static_cast<uint32_t>(free - rings_.begin());
  if (free == rings_.end()) rings_.push_back(nullptr);
  rings_[index] = ring;
  return index;
}

napi_value CallBlock::transfer(napi_env env, napi_callback_info info) {
  if (here.env != env) {
    auto* bound_block = bound<CallBlock>(env, info);
    if (bound_block == nullptr) return nullptr;
    here = {env, bound_block};
  }
  CallBlock* block = here.block;
  int32_t* words = block->words_;
  words[kCallCollected] = 0;
  const auto index = static_cast<uint32_t>(words[kCallRing]);
  if (index < block->rings_.size() && block->rings_[index] != nullptr) {
    block->rings_[index]->transfer(words);
  } else {
    words[kCallCollected] = kRingClosed;
  }
  return nullptr;
}

}  // namespace ctrl_if::addon
