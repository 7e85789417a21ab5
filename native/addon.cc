// The module: what it exports, how a segment is mapped and unlinked, and how failures become JS errors.
#include "addon.hpp"

#include <cerrno>
#include <cmath>
#include <string>

namespace ctrl_if::addon {

namespace {

struct ErrnoText {
  int number;
  const char* code;
  const char* sentence;
};

// strerror is not required to be thread-safe, and the codes are what callers match on.
constexpr ErrnoText kErrnoTexts[] = {
    {EEXIST, "EEXIST", "it exists already"},
    {ENOENT, "ENOENT", "it does not exist"},
    {EACCES, "EACCES", "permission denied"},
    {EPERM, "EPERM", "operation not permitted"},
    {ENOSPC, "ENOSPC", "no space left in shared memory"},
    {EINVAL, "EINVAL", "invalid name or size"},
    {ENAMETOOLONG, "ENAMETOOLONG", "the name is too long"},
    {EMFILE, "EMFILE", "too many open files in this process"},
    {ENFILE, "ENFILE", "too many open files on this system"},
    {ENOMEM, "ENOMEM", "not enough memory or address space"},
    {EFBIG, "EFBIG", "larger than shared memory can hold"},
    {ENOSYS, "ENOSYS", "not to be had on this system"},
};

/// Builds and throws an Error with the given `code` and numbers or strings. Raw Node-API: in a worker that is being
/// terminated each of these calls may fail, which is nobody's concern any more, but which napi.h answers with abort().
class Failure {
 public:
  Failure(napi_env env, const std::string& code, const std::string& sentence) : env_(env) {
    (void)napi_create_error(env, text(code), text(code + ": " + sentence), &error_);
  }
  Failure& set(const char* name, double number) {
    napi_value value = nullptr;
    if (napi_create_double(env_, number, &value) == napi_ok) set(name, value);
    return *this;
  }
  Failure& set(const char* name, const char* string) {
    set(name, text(string));
    return *this;
  }
  void raise() { (void)napi_throw(env_, error_); }

 private:
  napi_value text(const std::string& string) {
    napi_value value = nullptr;
    (void)napi_create_string_utf8(env_, string.data(), string.size(), &value);
    return value;
  }
  void set(const char* name, napi_value value) { (void)napi_set_named_property(env_, error_, name, value); }

  napi_env env_;
  napi_value error_ = nullptr;
};

void throw_truncated(napi_env env, uint64_t bytes, uint64_t wanted, const std::string& name) {
  const std::string sizes = std::to_string(bytes) + " bytes, fewer than the " + std::to_string(wanted) + " asked for";
  Failure(env, "ETRUNCATED", "'" + name + "' has " + sizes).set("bytes", static_cast<double>(bytes)).raise();
}

/// Maps with map(segment) and makes the object. `wanted` and `name` are for the error.
template <class Map>
Napi::Value map_segment(Napi::Env env, const std::string& name, uint64_t wanted, Map map) {
  const auto mapping = Share<SharedSegment>::adopt(new SharedSegment());
  const Outcome outcome = map(mapping->segment);
  if (outcome.ok()) return {env, make_segment_object(env, mapping)};
  if (outcome.truncated) {
    throw_truncated(env, mapping->segment.bytes(), wanted, name);
  } else {
    throw_outcome(env, outcome, name);
  }
  return {};
}

/// (name, bytes, keepDescriptor = false)
Napi::Value create_segment(const Napi::CallbackInfo& info) {
  std::string name;
  uint64_t bytes = 0;
  if (!to_name(info.Env(), info[0], name)) return {};
  if (!to_integer(info[1], bytes)) return {info.Env(), throw_type(info.Env(), "bytes must be an integer of 0 or more")};
  const bool keep = info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value();
  return map_segment(info.Env(), name, bytes,
                     [&](Segment& segment) { return Segment::create(name.c_str(), bytes, segment, keep); });
}

/// (name, minBytes, startOnly = false)
Napi::Value open_segment(const Napi::CallbackInfo& info) {
  std::string name;
  uint64_t bytes = 0;
  if (!to_name(info.Env(), info[0], name)) return {};
  if (!to_integer(info[1], bytes)) {
    return {info.Env(), throw_type(info.Env(), "minBytes must be an integer of 0 or more")};
  }
  const bool start_only = info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value();
  return map_segment(info.Env(), name, bytes,
                     [&](Segment& segment) { return Segment::open(name.c_str(), bytes, segment, start_only); });
}

/// (pid, fd, offset, bytes)
Napi::Value open_segment_at(const Napi::CallbackInfo& info) {
  uint64_t numbers[4] = {};
  for (size_t i = 0; i < 4; i++) {
    // Beyond 2^31 there is neither a process nor a descriptor; offset and bytes are held against the object's size.
    if (to_integer(info[i], numbers[i]) && (i > 1 || numbers[i] <= INT32_MAX)) continue;
    return {info.Env(), throw_type(info.Env(), "pid, fd, offset and bytes must be integers of 0 or more")};
  }
  const PeerPath path(static_cast<uint32_t>(numbers[0]), static_cast<uint32_t>(numbers[1]));
  return map_segment(info.Env(), path.text(), numbers[2] + numbers[3],
                     [&](Segment& segment) { return Segment::open_at(path, numbers[2], numbers[3], segment); });
}

void unlink_segment(const Napi::CallbackInfo& info) {
  std::string name;
  if (!to_name(info.Env(), info[0], name)) return;
  const Outcome outcome = Segment::unlink(name.c_str());
  if (!outcome.ok()) throw_outcome(info.Env(), outcome, name);
}

void give_back_share(napi_env /*env*/, void* data, void* /*hint*/) { static_cast<Shared*>(data)->release(); }

napi_status define(napi_env env, napi_value object, const char* name, napi_callback call) {
  napi_value function = nullptr;
  const napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
  return status == napi_ok ? napi_set_named_property(env, object, name, function) : status;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("createSegment", Napi::Function::New<create_segment>(env, "createSegment"));
  exports.Set("openSegment", Napi::Function::New<open_segment>(env, "openSegment"));
  exports.Set("openSegmentAt", Napi::Function::New<open_segment_at>(env, "openSegmentAt"));
  exports.Set("unlinkSegment", Napi::Function::New<unlink_segment>(env, "unlinkSegment"));
  (void)define(env, exports, "openDoorbell", open_doorbell);
  (void)define(env, exports, "openRinger", open_ringer);
  exports.Set("createMemory", Napi::Function::New<create_memory>(env, "createMemory"));
  (void)CallBlock::open(env, exports);  // fails only in an environment that is ending
  return exports;
}

}  // namespace

napi_status bind(napi_env env, napi_value object, const char* name, napi_callback call, Shared* data) {
  napi_value function = nullptr;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, call, data, &function);
  if (status != napi_ok) return status;
  status = own(env, function, data);
  if (status != napi_ok) return status;  // JS never gets to see a function without a share
  return napi_set_named_property(env, object, name, function);
}

napi_status own(napi_env env, napi_value object, Shared* data) {
  const napi_status status = napi_add_finalizer(env, object, data, give_back_share, nullptr, nullptr);
  if (status == napi_ok) data->retain();
  return status;
}

napi_status set_number(napi_env env, napi_value object, const char* name, double number) {
  napi_value value = nullptr;
  const napi_status status = napi_create_double(env, number, &value);
  return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

bool to_integer(const Napi::Value& value, uint64_t& out) {
  constexpr double kMaxSafeInteger = 9007199254740991.0;
  if (!value.IsNumber()) return false;
  const double number = value.As<Napi::Number>().DoubleValue();
  // Written so that NaN fails.
  if (!(number >= 0 && number <= kMaxSafeInteger) || number != std::floor(number)) return false;
  out = static_cast<uint64_t>(number);
  return true;
}

bool to_name(Napi::Env env, const Napi::Value& value, std::string& out) {
  if (value.IsString()) {
    out = value.As<Napi::String>().Utf8Value();
    // The system would stop at a NUL and act on another name than the one it was given.
    if (!out.empty() && out.find('\0') == std::string::npos) return true;
  }
  throw_type(env, "name must be a string, not empty and without NUL");
  return false;
}

// A throw fails only in an environment that is ending, where there is nobody left to catch.
napi_value throw_type(napi_env env, const char* sentence) {
  (void)napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", sentence);
  return nullptr;
}

napi_value throw_range(napi_env env, const char* sentence) {
  (void)napi_throw_range_error(env, "ERR_OUT_OF_RANGE", sentence);
  return nullptr;
}

napi_value throw_closed(napi_env env, const char* sentence) {
  (void)napi_throw_error(env, "ECLOSED", (std::string("ECLOSED: ") + sentence).c_str());
  return nullptr;
}

// `errno` is negative, as in Node's own system errors.
napi_value throw_outcome(napi_env env, const Outcome& outcome, const std::string& name) {
  if (outcome.wrong_kind) {
    Failure(env, "EKIND", "'" + name + "' is open as something else than was asked for").raise();
    return nullptr;
  }
  std::string code = "E" + std::to_string(outcome.error);
  const char* sentence = "system error";
  for (const ErrnoText& text : kErrnoTexts) {
    if (text.number != outcome.error) continue;
    code = text.code;
    sentence = text.sentence;
  }
  Failure(env, code, std::string(sentence) + ", " + outcome.syscall + " '" + name + "'")
      .set("errno", -outcome.error)
      .set("syscall", outcome.syscall)
      .raise();
  return nullptr;
}

NODE_API_MODULE(ctrl_if, init)

}  // namespace ctrl_if::addon
