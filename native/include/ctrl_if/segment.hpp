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

namespace ctrl_if {

/// How a system call ended. `error` is an errno value.
struct [[nodiscard]] Outcome {
  int error = 0;
  const char* syscall = nullptr;
  bool truncated = false;  // open(): the object exists and is smaller than asked; nothing was mapped

  [[nodiscard]] bool ok() const { return error == 0 && !truncated; }
};

/// What fstat said before the descriptor was closed.
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
  Segment(Segment&& other) noexcept : base_(std::exchange(other.base_, nullptr)), stat_(other.stat_) {}
  Segment& operator=(Segment&& other) noexcept {
    if (this != &other) {
      reset();
      base_ = std::exchange(other.base_, nullptr);
      stat_ = other.stat_;
    }
    return *this;
  }
  ~Segment() { reset(); }

  /// Creates `name` ("/..."), zero-filled, and maps it. On any failure nothing is left behind, in particular no name.
  static Outcome create(const char* name, uint64_t bytes, Segment& out) {
    Descriptor fd(::shm_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    if (fd.get() < 0) return failed("shm_open");
    Outcome outcome = reserve(fd.get(), bytes);
    if (outcome.ok()) outcome = out.adopt(fd.get(), bytes);
    if (!outcome.ok()) (void)::shm_unlink(name);  // O_EXCL: the name is ours to remove
    return outcome;
  }

  /// Maps all of the existing `name`. With fewer than `min_bytes` in it: truncated, and out.stat().bytes says how many.
  static Outcome open(const char* name, uint64_t min_bytes, Segment& out) {
    Descriptor fd(::shm_open(name, O_RDWR | O_CLOEXEC, 0));
    if (fd.get() < 0) return failed("shm_open");
    return out.adopt(fd.get(), min_bytes);
  }

  static Outcome unlink(const char* name) { return ::shm_unlink(name) == 0 ? Outcome{} : failed("shm_unlink"); }

  void reset() {
    if (base_ == nullptr) return;
    (void)::munmap(base_, static_cast<size_t>(stat_.bytes));  // fails only for arguments that mmap never returned
    base_ = nullptr;
  }

  [[nodiscard]] bool mapped() const { return base_ != nullptr; }
  [[nodiscard]] uint8_t* base() const { return static_cast<uint8_t*>(base_); }
  [[nodiscard]] uint64_t bytes() const { return stat_.bytes; }
  [[nodiscard]] const SegmentStat& stat() const { return stat_; }

 private:
  // A mapping needs no descriptor. None is kept: it would leak into what the process forks, and count against its
  // limit.
  class Descriptor {
   public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
      if (fd_ >= 0) (void)::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }

   private:
    int fd_;
  };

  static Outcome failed(const char* syscall) { return Outcome{errno, syscall}; }

  static Outcome reserve(int fd, uint64_t bytes) {
    // off_t is signed. mmap would take 0 bytes no better, but says so only after the object exists.
    if (bytes == 0 || bytes > static_cast<uint64_t>(INT64_MAX)) return Outcome{EINVAL, "posix_fallocate"};
#if defined(__APPLE__)
    // No posix_fallocate, and F_PREALLOCATE refuses shared-memory objects; their pages are anonymous memory there.
    if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) return failed("ftruncate");
#else
    int error;
    do error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));  // returns its error, leaves errno alone
    while (error == EINTR);                                          // a profiler's or child's signal, not an answer
    if (error != 0) return Outcome{error, "posix_fallocate"};
#endif
    return Outcome{};
  }

  Outcome adopt(int fd, uint64_t min_bytes) {
    reset();
    struct stat st {};
    if (::fstat(fd, &st) != 0) return failed("fstat");
    stat_.bytes = static_cast<uint64_t>(st.st_size);
    stat_.device = static_cast<uint64_t>(st.st_dev);
    stat_.inode = static_cast<uint64_t>(st.st_ino);
    stat_.uid = st.st_uid;
    stat_.mode = st.st_mode & 07777U;
    if (stat_.bytes == 0 || stat_.bytes < min_bytes) return Outcome{0, "fstat", true};
    const auto length = static_cast<size_t>(stat_.bytes);
    if (length != stat_.bytes) return Outcome{EFBIG, "mmap"};  // only where size_t has 32 bits
    void* base = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) return failed("mmap");
    base_ = base;
    return Outcome{};
  }

  void* base_ = nullptr;
  SegmentStat stat_;
};

}  // namespace ctrl_if
