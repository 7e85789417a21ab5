// POSIX shared-memory objects: functions to create, open, unlink and fill them.
//
// On Linux an object is a file in /dev/shm, and these functions open that file. A binary linked on glibc 2.34 or later
// that calls shm_open does not load on an older glibc, and the package's binary must load on 2.28.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "descriptor.hpp"

namespace ctrl_if {

#if defined(__linux__)
/// The file of the object `name` ("/...").
class ObjectPath {
 public:
  explicit ObjectPath(const char* name) {
    while (*name == '/') name++;
    valid_ = *name != '\0' && std::strchr(name, '/') == nullptr && std::strlen(name) < NAME_MAX;
    if (valid_) (void)std::snprintf(text_, sizeof text_, "/dev/shm/%s", name);
  }
  /// Whether an object can have that name. If not, text() is empty.
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const char* text() const { return text_; }

 private:
  bool valid_ = false;
  char text_[sizeof "/dev/shm/" + NAME_MAX] = "";
};
#endif

/// Opens the object `name` ("/...") for reading and writing. EINVAL: no object can have that name. ELOOP: it is a link.
/// `flags`: 0, or O_CREAT | O_EXCL to create it, empty and for this user alone. EEXIST: it exists.
inline Outcome open_object(const char* name, int flags, Descriptor& out) {
  const int access = O_RDWR | O_CLOEXEC | flags;
#if defined(__linux__)
  const ObjectPath path(name);
  if (!path.valid()) return Outcome{EINVAL, "shm_open"};
  out = Descriptor(::open(path.text(), access | O_NOFOLLOW | O_NONBLOCK, 0600));
#else
  out = Descriptor(::shm_open(name, access, 0600));
#endif
  return out.get() < 0 ? Outcome::failed("shm_open") : Outcome{};
}

inline Outcome create_object(const char* name, Descriptor& out) { return open_object(name, O_CREAT | O_EXCL, out); }

/// Removes the name. The memory lives until the last process closes and unmaps it. EACCES: another user's object.
inline Outcome unlink_object(const char* name) {
#if defined(__linux__)
  const ObjectPath path(name);
  if (!path.valid()) return Outcome{ENOENT, "shm_unlink"};
  if (::unlink(path.text()) == 0) return Outcome{};
  return Outcome{errno == EPERM ? EACCES : errno, "shm_unlink"};  // EPERM: the directory is sticky
#else
  return ::shm_unlink(name) == 0 ? Outcome{} : Outcome::failed("shm_unlink");
#endif
}

#if !defined(__APPLE__)  // which has no such call; its F_PREALLOCATE refuses shared-memory objects
/// Gives memory to bytes offset..offset+bytes-1 of the object, zero-filled where it had none, and extends the object.
inline Outcome allocate(int fd, uint64_t offset, uint64_t bytes) {
  int error;
  do error = ::posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes));  // leaves errno alone
  while (error == EINTR);  // a signal of a profiler or a child
  return error == 0 ? Outcome{} : Outcome{error, "posix_fallocate"};
}
#endif

}  // namespace ctrl_if
