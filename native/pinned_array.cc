// Typed arrays that the addon keeps, so that no call has to search their memory.
#include <string>

#include "addon.hpp"

namespace ctrl_if::addon {

// An array of up to 64 bytes lives on V8's moving heap until its buffer is requested, as napi_get_typedarray_info does.
// After that its memory does not move.
bool check_array(napi_env env, napi_value value, napi_typedarray_type type, const char* name, PinnedArray& array) {
  napi_typedarray_type found = napi_int8_array;
  void* bytes = nullptr;
  napi_value buffer = nullptr;
  bool plain = false;
  if (napi_get_typedarray_info(env, value, &found, &array.length, &bytes, &buffer, nullptr) != napi_ok ||
      found != type || napi_is_arraybuffer(env, buffer, &plain) != napi_ok || !plain) {
    const char* wanted = type == napi_uint8_array ? " must be a Uint8Array" : " must be a Uint32Array";
    throw_type(env, (std::string(name) + wanted + " over an ArrayBuffer").c_str());
    return false;
  }
  // A buffer that shrinks would free memory behind the pointer.
  napi_value resizable = nullptr;
  if (napi_get_named_property(env, buffer, "resizable", &resizable) != napi_ok) return false;  // its getter threw
  bool shrinks = false;
  (void)napi_get_value_bool(env, resizable, &shrinks);  // undefined where buffers cannot be resized
  if (shrinks) {
    throw_range(env, (std::string(name) + " must not be resizable").c_str());
    return false;
  }
  array.bytes = static_cast<uint8_t*>(bytes);
  return true;
}

}  // namespace ctrl_if::addon
