// The module: its exports, the mapping of segments, and the JS errors for failures.
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

// strerror need not be thread-safe, and callers match on the codes.
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
    {ENOSYS, "ENOSYS", "not available on this system"},
};

/// Builds and throws an Error with the given `code` and numbers or strings. In a worker that is being terminated each
/// of these calls may fail; then no JS runs that could catch the error.
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
  const std::string sizes = std::to_string(bytes) + " bytes, fewer than the requested " + std::to_string(wanted);
  Failure(env, "ETRUNCATED", "'" + name + "' has " + sizes).set("bytes", static_cast<double>(bytes)).raise();
}

/// Maps by calling map(segment), and makes the object. `wanted` and `name` are for the error.
template <class Map>
napi_value map_segment(napi_env env, const std::string& name, uint64_t wanted, Map map) {
  const auto shared = Share<SharedSegment>::adopt(new SharedSegment());
  const Outcome outcome = map(shared->segment);
  if (outcome.ok()) return make_segment_object(env, shared);
  if (!outcome.truncated) return throw_outcome(env, outcome, name);
  throw_truncated(env, shared->segment.bytes(), wanted, name);
  return nullptr;
}

bool is_true(napi_env env, napi_value value) {
  bool result = false;
  return napi_get_value_bool(env, value, &result) == napi_ok && result;
}

// (name, bytes, keepDescriptor = false)
napi_value create_segment(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  std::string name;
  uint64_t bytes = 0;
  if (!read_arguments(env, info, 3, argv) || !to_name(env, argv[0], name)) return nullptr;
  if (!to_integer(env, argv[1], bytes)) return throw_type(env, "bytes must be an integer of 0 or more");
  const bool keep = is_true(env, argv[2]);
  return map_segment(env, name, bytes,
                     [&](Segment& segment) { return Segment::create(name.c_str(), bytes, segment, keep); });
}

// (name, minBytes, startOnly = false)
napi_value open_segment(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  std::string name;
  uint64_t bytes = 0;
  if (!read_arguments(env, info, 3, argv) || !to_name(env, argv[0], name)) return nullptr;
  if (!to_integer(env, argv[1], bytes)) return throw_type(env, "minBytes must be an integer of 0 or more");
  const bool start_only = is_true(env, argv[2]);
  return map_segment(env, name, bytes,
                     [&](Segment& segment) { return Segment::open(name.c_str(), bytes, segment, start_only); });
}

// (pid, fd, offset, bytes)
napi_value open_segment_at(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  uint64_t numbers[4] = {};
  if (!read_arguments(env, info, 4, argv)) return nullptr;
  for (size_t i = 0; i < 4; i++) {
    // No process or descriptor has a number above 2^31. Segment checks offset and bytes against the object's size.
    if (to_integer(env, argv[i], numbers[i]) && (i > 1 || numbers[i] <= INT32_MAX)) continue;
    return throw_type(env, "pid, fd, offset and bytes must be integers of 0 or more");
  }
  const PeerPath path(static_cast<uint32_t>(numbers[0]), static_cast<uint32_t>(numbers[1]));
  return map_segment(env, path.text(), numbers[2] + numbers[3],
                     [&](Segment& segment) { return Segment::open_at(path, numbers[2], numbers[3], segment); });
}

void give_back_share(napi_env /*env*/, void* data, void* /*hint*/) { static_cast<Shared*>(data)->release(); }

struct Code {
  const char* name;
  double value;
};

#define CTRL_IF_CODE(name, value) {#name, static_cast<double>(value)},
constexpr Code kCodes[] = {CTRL_IF_CODES(CTRL_IF_CODE)};
#undef CTRL_IF_CODE

/// The numbers that this binary was built with, for lib/page/addon.ts to compare.
napi_status define_codes(napi_env env, napi_value exports) {
  napi_value codes = nullptr;
  napi_status status = napi_create_object(env, &codes);
  for (const auto& [name, value] : kCodes) {
    if (status == napi_ok) status = set_number(env, codes, name, value);
  }
  return status == napi_ok ? napi_set_named_property(env, exports, "codes", codes) : status;
}

constexpr Method kFunctions[] = {
    {"createSegment", create_segment}, {"openSegment", open_segment}, {"openSegmentAt", open_segment_at},
    {"openDoorbell", open_doorbell},   {"openRinger", open_ringer},   {"createMemory", create_memory},
};

napi_status define(napi_env env, napi_value exports) {
  for (const auto& [name, call] : kFunctions) {
    napi_value function = nullptr;
    napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    if (status == napi_ok) status = napi_set_named_property(env, exports, name, function);
    if (status != napi_ok) return status;
  }
  const napi_status status = define_codes(env, exports);
  return status == napi_ok ? CallBlock::open(env, exports) : status;
}

}  // namespace

napi_status bind(napi_env env, napi_value object, const char* name, napi_callback call, Shared* data) {
  napi_value function = nullptr;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, call, data, &function);
  if (status != napi_ok) return status;
  status = own(env, function, data);
  if (status != napi_ok) return status;  // JS never sees a function without a share
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

bool to_integer(napi_env env, napi_value value, uint64_t& out) {
  constexpr double kMaxSafeInteger = 9007199254740991.0;
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  // Written so that NaN fails.
  if (!(number >= 0 && number <= kMaxSafeInteger) || number != std::floor(number)) return false;
  out = static_cast<uint64_t>(number);
  return true;
}

bool to_name(napi_env env, napi_value value, std::string& out) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) == napi_ok) {
    out.resize(length + 1);  // Node-API ends it with a NUL
    if (napi_get_value_string_utf8(env, value, out.data(), out.size(), &length) == napi_ok) out.resize(length);
    // The system would stop at a NUL and use another name.
    if (!out.empty() && out.find('\0') == std::string::npos) return true;
  }
  throw_type(env, "name must be a string, not empty and without NUL");
  return false;
}

// A throw fails only in an environment that is ending, where no JS runs that could catch it.
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
    Failure(env, "EKIND", "'" + name + "' is a file of another kind").raise();
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

napi_value init(napi_env env, napi_value exports) {
  (void)define(env, exports);  // fails only in an environment that is ending
  return exports;
}

}  // namespace ctrl_if::addon

NAPI_MODULE_INIT() { return ctrl_if::addon::init(env, exports); }
