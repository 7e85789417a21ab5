// POSIX shared memory as a value: created or opened, mapped, and unmapped when it goes out of scope.
//
// Created segments have mode 0600 and reserved space, so that a full /dev/shm is an error here and not a SIGBUS in the
// middle of a message. The peer, which runs as the same user, is assumed not to shrink the object: no mapping is safe
// from that, as no process is safe from its ptrace.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "descriptor.hpp"
#include "mapping.hpp"
#include "shared_object.hpp"

namespace ctrl_if {

/// The result of fstat. When only a part is mapped, `bytes` is the size of the part.
struct SegmentStat {
  uint64_t bytes = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint32_t uid = 0;
  uint32_t mode = 0;  // permission bits only
};

class Segment {
 public:
  /// Creates `name` ("/..."), zero-filled, and maps it. After a failure nothing is left behind, in particular no name.
  /// With `keep` the descriptor stays open as fd(), by which open_at finds the object after its name is gone.
  static Outcome create(const char* name, uint64_t bytes, Segment& out, bool keep = false) {
    Descriptor fd;
    Outcome outcome = create_object(name, fd);
    if (!outcome.ok()) return outcome;
    outcome = reserve(fd.get(), bytes);
    if (outcome.ok()) outcome = out.adopt(fd.get(), bytes);
    if (!outcome.ok()) (void)unlink_object(name);  // O_EXCL: this call created the name
    if (outcome.ok() && keep) out.fd_ = std::move(fd);
    return outcome;
  }

  /// Maps the whole existing `name` or, with `start_only`, its first `min_bytes`. When it has fewer: truncated, and
  /// out.stat().bytes is its size.
  static Outcome open(const char* name, uint64_t min_bytes, Segment& out, bool start_only = false) {
    Descriptor fd;
    const Outcome outcome = open_object(name, 0, fd);
    if (!outcome.ok()) return outcome;
    return start_only ? out.adopt_part(fd.get(), 0, min_bytes) : out.adopt(fd.get(), min_bytes);
  }

  /// Maps `bytes` bytes from `offset`, a multiple of the system's page size, of an object that another process keeps
  /// open. It must be a regular file, as shared-memory objects are. stat() has its owner.
  static Outcome open_at(const PeerPath& path, uint64_t offset, uint64_t bytes, Segment& out) {
    Descriptor fd;
    const Outcome outcome = open_peer(path, O_RDWR, S_IFREG, fd);
    return outcome.ok() ? out.adopt_part(fd.get(), offset, bytes) : outcome;
  }

  static Outcome unlink(const char* name) { return unlink_object(name); }

  void reset() {
    mapping_.reset();
    fd_.reset();
  }

  [[nodiscard]] bool mapped() const { return mapping_.mapped(); }
  [[nodiscard]] uint8_t* base() const { return mapping_.base(); }
  [[nodiscard]] uint64_t bytes() const { return stat_.bytes; }
  /// The address of bytes offset..offset+bytes-1; null when one of them is not mapped.
  [[nodiscard]] uint8_t* find(uint64_t offset, uint64_t bytes) const {
    const bool inside = bytes <= mapping_.bytes() && offset <= mapping_.bytes() - bytes;
    return inside && mapped() ? base() + offset : nullptr;
  }
  [[nodiscard]] const SegmentStat& stat() const { return stat_; }
  /// The kept descriptor; -1 when it was not kept.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  static Outcome reserve(int fd, uint64_t bytes) {
    // off_t is signed. mmap also refuses 0 bytes, but only after the object exists.
    if (bytes == 0 || bytes > static_cast<uint64_t>(INT64_MAX)) return Outcome{EINVAL, "posix_fallocate"};
#if defined(__APPLE__)
    // Pages of a shared-memory object are anonymous memory, which cannot be reserved.
    return ::ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? Outcome{} : Outcome::failed("ftruncate");
#else
    return allocate(fd, 0, bytes);
#endif
  }

  Outcome adopt(int fd, uint64_t min_bytes) {
    const Outcome outcome = inspect(fd);
    if (!outcome.ok()) return outcome;
    if (stat_.bytes == 0 || stat_.bytes < min_bytes) return Outcome{0, "fstat", true};
    return Mapping::share(fd, 0, stat_.bytes, mapping_);
  }

  Outcome adopt_part(int fd, uint64_t offset, uint64_t bytes) {
    const Outcome outcome = inspect(fd);
    if (!outcome.ok()) return outcome;
    if (bytes == 0) return Outcome{EINVAL, "mmap"};
    if (offset > stat_.bytes || bytes > stat_.bytes - offset) return Outcome{0, "fstat", true};
    stat_.bytes = bytes;
    return Mapping::share(fd, offset, stat_.bytes, mapping_);
  }

  Outcome inspect(int fd) {
    reset();
    struct stat st {};
    const Outcome outcome = read_stat(fd, st);
    if (!outcome.ok()) return outcome;
    stat_.bytes = static_cast<uint64_t>(st.st_size);
    stat_.device = static_cast<uint64_t>(st.st_dev);
    stat_.inode = static_cast<uint64_t>(st.st_ino);
    stat_.uid = st.st_uid;
    stat_.mode = st.st_mode & 07777U;
    return Outcome{};
  }

  Mapping mapping_;
  SegmentStat stat_;
  // A mapping needs no descriptor, and each counts against the process's limit, so it is kept only on request.
  Descriptor fd_;
};

}  // namespace ctrl_if
