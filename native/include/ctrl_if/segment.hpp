// POSIX shared memory as a value: created or opened, mapped, and unmapped when it goes out of scope.
//
// Created segments have mode 0600 and their space is reserved, so that a full /dev/shm is an error here and not a
// SIGBUS in the middle of a message. Assumed of the peer, which runs as the same user: it does not shrink the object;
// that, as its ptrace, no mapping withstands.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "descriptor.hpp"

namespace ctrl_if {

/// What fstat said. Where a part is mapped, `bytes` are the part's.
struct SegmentStat {
  uint64_t bytes = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint32_t uid = 0;
  uint32_t mode = 0;  // permission bits only
};

class Segment {
 public:
  Segment() = default;
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  Segment(Segment&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), stat_(other.stat_), fd_(std::move(other.fd_)) {}
  Segment& operator=(Segment&& other) noexcept {
    if (this != &other) {
      reset();
      base_ = std::exchange(other.base_, nullptr);
      stat_ = other.stat_;
      fd_ = std::move(other.fd_);
    }
    return *this;
  }
  ~Segment() { reset(); }

  /// Creates `name` ("/..."), zero-filled, and maps it. On any failure nothing is left behind, in particular no name.
  /// With `keep` the descriptor stays open as fd(), by which open_at finds the object when its name is gone.
  static Outcome create(const char* name, uint64_t bytes, Segment& out, bool keep = false) {
    Descriptor fd(::shm_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    if (fd.get() < 0) return Outcome::failed("shm_open");
    Outcome outcome = reserve(fd.get(), bytes);
    if (outcome.ok()) outcome = out.adopt(fd.get(), bytes);
    if (!outcome.ok()) (void)::shm_unlink(name);  // O_EXCL: the name is ours to remove
    if (outcome.ok() && keep) out.fd_ = std::move(fd);
    return outcome;
  }

  /// Maps all of the existing `name`, or with `start_only` its first `min_bytes`. With fewer than those in it:
  /// truncated, and out.stat().bytes says how many.
  static Outcome open(const char* name, uint64_t min_bytes, Segment& out, bool start_only = false) {
    Descriptor fd(::shm_open(name, O_RDWR | O_CLOEXEC, 0));
    if (fd.get() < 0) return Outcome::failed("shm_open");
    return start_only ? out.adopt_part(fd.get(), 0, min_bytes) : out.adopt(fd.get(), min_bytes);
  }

  /// Maps `bytes` bytes from `offset`, a multiple of the system's page size, of the object that another process keeps
  /// open. Nothing but a regular file is taken, which is what a shared-memory object is; whose it is says stat().
  static Outcome open_at(const PeerPath& path, uint64_t offset, uint64_t bytes, Segment& out) {
    Descriptor fd;
    const Outcome outcome = open_peer(path, O_RDWR, S_IFREG, fd);
    return outcome.ok() ? out.adopt_part(fd.get(), offset, bytes) : outcome;
  }

  static Outcome unlink(const char* name) {
    return ::shm_unlink(name) == 0 ? Outcome{} : Outcome::failed("shm_unlink");
  }

  void reset() {
    fd_.reset();
    if (base_ == nullptr) return;
    (void)::munmap(base_, static_cast<size_t>(stat_.bytes));  // fails only for arguments that mmap never returned
    base_ = nullptr;
  }

  [[nodiscard]] bool mapped() const { return base_ != nullptr; }
  [[nodiscard]] uint8_t* base() const { return static_cast<uint8_t*>(base_); }
  [[nodiscard]] uint64_t bytes() const { return stat_.bytes; }
  [[nodiscard]] const SegmentStat& stat() const { return stat_; }
  /// -1 unless it was kept.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  static Outcome reserve(int fd, uint64_t bytes) {
    // off_t is signed. mmap would take 0 bytes no better, but says so only after the object exists.
    if (bytes == 0 || bytes > static_cast<uint64_t>(INT64_MAX)) return Outcome{EINVAL, "posix_fallocate"};
#if defined(__APPLE__)
    // No posix_fallocate, and F_PREALLOCATE refuses shared-memory objects; their pages are anonymous memory there.
    if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) return Outcome::failed("ftruncate");
#else
    int error;
    do error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));  // returns its error, leaves errno alone
    while (error == EINTR);                                          // a profiler's or child's signal, not an answer
    if (error != 0) return Outcome{error, "posix_fallocate"};
#endif
    return Outcome{};
  }

  Outcome adopt(int fd, uint64_t min_bytes) {
    const Outcome outcome = look(fd);
    if (!outcome.ok()) return outcome;
    if (stat_.bytes == 0 || stat_.bytes < min_bytes) return Outcome{0, "fstat", true};
    return map(fd, 0);
  }

  Outcome adopt_part(int fd, uint64_t offset, uint64_t bytes) {
    const Outcome outcome = look(fd);
    if (!outcome.ok()) return outcome;
    if (bytes == 0) return Outcome{EINVAL, "mmap"};
    if (offset > stat_.bytes || bytes > stat_.bytes - offset) return Outcome{0, "fstat", true};
    stat_.bytes = bytes;
    return map(fd, offset);
  }

  Outcome look(int fd) {
    reset();
    struct stat st {};
    if (::fstat(fd, &st) != 0) return Outcome::failed("fstat");
    stat_.bytes = static_cast<uint64_t>(st.st_size);
    stat_.device = static_cast<uint64_t>(st.st_dev);
    stat_.inode = static_cast<uint64_t>(st.st_ino);
    stat_.uid = st.st_uid;
    stat_.mode = st.st_mode & 07777U;
    return Outcome{};
  }

  /// Maps stat_.bytes bytes.
  Outcome map(int fd, uint64_t offset) {
    const auto length = static_cast<size_t>(stat_.bytes);
    if (length != stat_.bytes) return Outcome{EFBIG, "mmap"};  // only where size_t has 32 bits
    void* base = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset));
    if (base == MAP_FAILED) return Outcome::failed("mmap");
    base_ = base;
    return Outcome{};
  }

  void* base_ = nullptr;
  SegmentStat stat_;
  // A mapping needs no descriptor, and one counts against the process's limit: none is kept unless asked for.
  Descriptor fd_;
};

}  // namespace ctrl_if
