// NativeDoorbell, which the environment's event loop polls, and NativeRinger, a peer's end of a doorbell.
//
// Lifetime. The loop's handle is a member of the Bell and holds a share of it, which on_closed gives back. So a
// doorbell that listens stays open without a reference from JS, like a socket. close() closes it, or an asynchronous
// cleanup hook when the environment ends: Node then runs the loop until the handle is closed.
#include <uv.h>

#include <utility>

#include "addon.hpp"
#include "ctrl_if/doorbell.hpp"

#if defined(__linux__)
// A runtime with Node-API but without libuv must be able to load this addon for its segments and rings.
#pragma weak uv_poll_init
#pragma weak uv_poll_start
#pragma weak uv_handle_size
#pragma weak uv_close
#pragma weak uv_unref
#endif

namespace ctrl_if::addon {

namespace {

class Bell final : public Shared {
 public:
  explicit Bell(napi_env env) : env_(env) {}

  /// Opens the pipe and starts to call `on_ring`.
  Outcome listen(napi_value on_ring);
  /// May be called at any time, also while on_ring runs, and more than once.
  void close();

  void unref() {
    if (listening_) uv_unref(handle());
  }

  [[nodiscard]] bool listening() const { return listening_; }
  [[nodiscard]] const Doorbell& doorbell() const { return doorbell_; }

 private:
  ~Bell() override = default;  // close() has deleted everything that needs the environment

  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&poll_); }
  static void on_poll(uv_poll_t* poll, int status, int events);
  static void on_closed(uv_handle_t* handle);
  static void on_end(napi_async_cleanup_hook_handle /*hook*/, void* data) { static_cast<Bell*>(data)->close(); }
  void call();
  void drop_callback();

  napi_env env_;
  Doorbell doorbell_;
  uv_poll_t poll_{};
  napi_ref on_ring_ = nullptr;
  napi_async_context context_ = nullptr;  // for async_hooks: on_ring runs in the context that opened the doorbell
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool listening_ = false;
  bool calling_ = false;
};

Outcome Bell::listen(napi_value on_ring) {
  uv_loop_s* loop = nullptr;
  // A libuv with a larger handle than this was built with would write beyond poll_.
  if (uv_poll_init == nullptr || napi_get_uv_event_loop(env_, &loop) != napi_ok ||
      uv_handle_size(UV_POLL) > sizeof(uv_poll_t)) {
    return Outcome{ENOSYS, "uv_poll_init"};
  }
  const Outcome outcome = Doorbell::open(doorbell_);
  if (!outcome.ok()) return outcome;
  const int error = uv_poll_init(loop, &poll_, doorbell_.read_fd());
  if (error != 0) return Outcome{-error, "uv_poll_init"};
  poll_.data = this;
  retain();  // on_closed gives it back
  listening_ = true;
  napi_value name = nullptr;
  const bool ready = napi_create_reference(env_, on_ring, 1, &on_ring_) == napi_ok &&
                     napi_create_string_utf8(env_, "CTRLIFDOORBELL", NAPI_AUTO_LENGTH, &name) == napi_ok &&
                     napi_async_init(env_, nullptr, name, &context_) == napi_ok &&
                     napi_add_async_cleanup_hook(env_, on_end, this, &hook_) == napi_ok &&
                     uv_poll_start(&poll_, UV_READABLE, on_poll) == 0;
  if (ready) return Outcome{};
  close();
  return Outcome{ENOSYS, "uv_poll_start"};  // the environment is ending: no JS sees this
}

void Bell::close() {
  if (!listening_) return;
  listening_ = false;
  uv_close(handle(), on_closed);
  doorbell_.close();  // allowed as soon as uv_close has returned
  if (!calling_) drop_callback();
}

void Bell::drop_callback() {
  if (on_ring_ != nullptr) (void)napi_delete_reference(env_, std::exchange(on_ring_, nullptr));
  if (context_ != nullptr) (void)napi_async_destroy(env_, std::exchange(context_, nullptr));
}

void Bell::on_closed(uv_handle_t* handle) {
  auto* bell = static_cast<Bell*>(handle->data);
  // Removed here and not in on_end, so that an environment that ends waits for this call.
  if (bell->hook_ != nullptr) (void)napi_remove_async_cleanup_hook(bell->hook_);
  bell->release();
}

void Bell::on_poll(uv_poll_t* poll, int status, int /*events*/) {
  auto* bell = static_cast<Bell*>(poll->data);
  // Below zero: other code closed the descriptor, and no peer can ring any more. An empty pipe: wait() has read it
  // already.
  if (status < 0 || !bell->doorbell_.drain()) return;
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(bell->env_, &scope) != napi_ok) return;
  bell->call();
  (void)napi_close_handle_scope(bell->env_, scope);
}

void Bell::call() {
  napi_value on_ring = nullptr;
  napi_value receiver = nullptr;
  if (napi_get_reference_value(env_, on_ring_, &on_ring) != napi_ok || napi_get_global(env_, &receiver) != napi_ok) {
    return;
  }
  calling_ = true;
  // Not napi_call_function: after this call, nextTicks and microtasks run before the loop goes on. It costs 0.1 us
  // more, with or without a context. Node accepts a null result; Deno (2.9) writes to it without a check.
  napi_value result = nullptr;
  (void)napi_make_callback(env_, context_, receiver, on_ring, 0, nullptr, &result);
  bool thrown = false;
  napi_value error = nullptr;
  // No JS is on the stack to catch it: it is an uncaught exception, as for any other event.
  if (napi_is_exception_pending(env_, &thrown) == napi_ok && thrown &&
      napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
    (void)napi_fatal_exception(env_, error);
  }
  calling_ = false;
  if (!listening_) drop_callback();
}

class RingerShare final : public Shared {
 public:
  Ringer ringer;
};

napi_value unref(napi_env env, napi_callback_info info) {
  if (auto* bell = bound<Bell>(env, info)) bell->unref();
  return nullptr;
}

// The thread sleeps here, and neither JS nor worker.terminate() can wake it: the caller gives a timeout and calls
// again.
napi_value wait(napi_env env, napi_callback_info info) {
  napi_value argument = nullptr;
  auto* bell = bound<Bell>(env, info, 1, &argument);
  if (bell == nullptr) return nullptr;
  uint64_t timeout_ms = 0;
  if (!to_integer(env, argument, timeout_ms) || timeout_ms > INT32_MAX) {
    return throw_type(env, "timeoutMs must be an integer in 0..2147483647");
  }
  if (!bell->listening()) return throw_closed(env, "this doorbell is closed; open another one to go on");
  napi_value result = nullptr;
  (void)napi_get_boolean(env, bell->doorbell().wait(static_cast<uint32_t>(timeout_ms)), &result);
  return result;
}

napi_value close_bell(napi_env env, napi_callback_info info) {
  if (auto* bell = bound<Bell>(env, info)) bell->close();
  return nullptr;
}

// Ignores EPIPE: the control socket reports that the sleeper is gone. A closed ringer does nothing.
napi_value ring(napi_env env, napi_callback_info info) {
  if (auto* share = bound<RingerShare>(env, info)) (void)share->ringer.ring();
  return nullptr;
}

napi_value close_ringer(napi_env env, napi_callback_info info) {
  if (auto* share = bound<RingerShare>(env, info)) share->ringer.close();
  return nullptr;
}

}  // namespace

// (onRing)
napi_value open_doorbell(napi_env env, napi_callback_info info) {
  napi_value on_ring = nullptr;
  size_t argc = 1;
  napi_valuetype type = napi_undefined;
  if (napi_get_cb_info(env, info, &argc, &on_ring, nullptr, nullptr) != napi_ok) return nullptr;
  if (napi_typeof(env, on_ring, &type) != napi_ok || type != napi_function) {
    return throw_type(env, "onRing must be a function");
  }
  const auto bell = Share<Bell>::adopt(new Bell(env));
  const Outcome outcome = bell->listen(on_ring);
  if (!outcome.ok()) return throw_outcome(env, outcome, "doorbell");
  napi_value object = nullptr;
  if (napi_create_object(env, &object) == napi_ok &&
      set_number(env, object, "writeFd", bell->doorbell().write_fd()) == napi_ok &&
      bind(env, object, "unref", unref, bell.get()) == napi_ok &&
      bind(env, object, "wait", wait, bell.get()) == napi_ok &&
      bind(env, object, "close", close_bell, bell.get()) == napi_ok) {
    return object;
  }
  bell->close();
  return nullptr;
}

// (pid, fd)
napi_value open_ringer(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  size_t argc = 2;
  uint64_t pid = 0;
  uint64_t fd = 0;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr) != napi_ok) return nullptr;
  if (!to_integer(env, argv[0], pid) || !to_integer(env, argv[1], fd) || pid > INT32_MAX || fd > INT32_MAX) {
    return throw_type(env, "pid and fd must be integers in 0..2147483647");
  }
  const auto share = Share<RingerShare>::adopt(new RingerShare());
  const PeerPath path(static_cast<uint32_t>(pid), static_cast<uint32_t>(fd));
  const Outcome outcome = Ringer::open(path, share->ringer);
  if (!outcome.ok()) return throw_outcome(env, outcome, path.text());
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok || bind(env, object, "ring", ring, share.get()) != napi_ok ||
      bind(env, object, "close", close_ringer, share.get()) != napi_ok) {
    return nullptr;
  }
  return object;
}

}  // namespace ctrl_if::addon
