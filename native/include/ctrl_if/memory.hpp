// A domain's memory: one POSIX shared-memory object of 4 KiB frames that grows and shrinks and never moves.
//
// Addresses for the maximum are reserved at once, with nothing behind them. A frame gets memory by populate(), which
// has the space reserved first, so that a full /dev/shm is an error there and not a SIGBUS at some later store. It
// loses it by punch(), which leaves a hole: the object keeps its length, so no address that anyone has mapped ever lies
// beyond its end, and a stale peer that still looks there sees zeros. Only frames for which populated() holds may be
// touched: a store to a hole takes memory that nobody reserved, and is a SIGBUS where there is none.
//
// The descriptor stays open, unlike a Segment's: growing needs it, and peers open single frames through it.
// One object belongs to one thread.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "segment.hpp"

namespace ctrl_if {

class DomainMemory {
 public:
  static constexpr uint64_t kFrameBytes = 4096;
  /// 64 GiB. Also bounds what one call can ask of this process: a bit a frame.
  static constexpr uint64_t kMaxFrames = uint64_t{1} << 24;

  DomainMemory() = default;
  DomainMemory(const DomainMemory&) = delete;
  DomainMemory& operator=(const DomainMemory&) = delete;
  ~DomainMemory() { reset(); }

  /// Creates `name` ("/...") with frame 0 alone, zero-filled, and reserves addresses for `max_frames`. On any failure
  /// nothing is left behind.
  static Outcome create(const char* name, uint64_t max_frames, DomainMemory& out) {
    out.reset();
    if (max_frames == 0 || max_frames > kMaxFrames) return Outcome{EINVAL, "mmap"};
    const int fd = ::shm_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return Outcome::failed("shm_open");
    out.fd_ = fd;
    Outcome outcome = out.reserve(max_frames);
    if (outcome.ok()) outcome = out.populate(0, 1);
    if (!outcome.ok()) {
      out.reset();
      (void)::shm_unlink(name);  // O_EXCL: the name is ours to remove
    }
    return outcome;
  }

  /// Gives frames first..first+count-1 memory, zero-filled where they had none. All or nothing: after ENOSPC what was
  /// populated before still is, and nothing else.
  Outcome populate(uint64_t first, uint64_t count) {
    if (!inside(first, count)) return Outcome{EINVAL, "posix_fallocate"};
    const uint64_t end = (first + count) * kFrameBytes;
#if !defined(__APPLE__)  // which has no such call; there create() gave the object its whole length
    int error;
    do error = ::posix_fallocate(fd_, static_cast<off_t>(first * kFrameBytes), static_cast<off_t>(count * kFrameBytes));
    while (error == EINTR);  // a profiler's or child's signal, not an answer
    if (error != 0) return Outcome{error, "posix_fallocate"};
#endif
    const Outcome mapped = map_up_to(end);
    if (!mapped.ok()) {
      if (!populated(first, count)) (void)hole(first, count);
      return mapped;
    }
    mark(first, count, true);
    return Outcome{};
  }

  /// Takes their memory away. What was in it is gone; populated again, they are zero.
  Outcome punch(uint64_t first, uint64_t count) {
    if (!inside(first, count)) return Outcome{EINVAL, "fallocate"};
    const Outcome outcome = hole(first, count);
    if (outcome.ok()) mark(first, count, false);
    return outcome;
  }

  /// Whether all of these frames have memory; false as well for what lies outside.
  [[nodiscard]] bool populated(uint64_t first, uint64_t count) const {
    if (!inside(first, count)) return false;
    for (uint64_t frame = first; frame < first + count; frame++) {
      if (!populated_[frame]) return false;
    }
    return true;
  }

  /// How many frames of memory the object has by the system's own count.
  Outcome resident(uint64_t& frames) const {
    struct stat st {};
    if (::fstat(fd_, &st) != 0) return Outcome::failed("fstat");
    frames = static_cast<uint64_t>(st.st_blocks) * 512 / kFrameBytes;
    return Outcome{};
  }

  void reset() {
    if (base_ != nullptr) (void)::munmap(base_, reserved_);
    if (fd_ >= 0) (void)::close(fd_);
    base_ = nullptr;
    fd_ = -1;
    max_frames_ = reserved_ = mapped_ = 0;
    populated_.clear();
  }

  [[nodiscard]] bool mapped() const { return base_ != nullptr; }
  [[nodiscard]] uint8_t* base() const { return static_cast<uint8_t*>(base_); }
  [[nodiscard]] uint64_t max_frames() const { return max_frames_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  [[nodiscard]] bool inside(uint64_t first, uint64_t count) const {
    return count > 0 && first < max_frames_ && count <= max_frames_ - first;
  }

  static uint64_t whole_pages(uint64_t bytes) {
    const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));  // 16 or 64 KiB on some arm64 systems
    return (bytes + page - 1) / page * page;
  }

  Outcome reserve(uint64_t max_frames) {
    const uint64_t bytes = whole_pages(max_frames * kFrameBytes);
    const auto length = static_cast<size_t>(bytes);
    if (length != bytes) return Outcome{EFBIG, "mmap"};  // only where size_t has 32 bits
#if defined(__APPLE__)
    // Takes a length once and never again. Pages are anonymous memory there, and cost nothing until they are touched.
    if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return Outcome::failed("ftruncate");
#endif
    void* base = ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return Outcome::failed("mmap");
    base_ = base;
    reserved_ = length;
    max_frames_ = max_frames;
    populated_.assign(max_frames, false);
    return Outcome{};
  }

  /// Puts the object behind the reserved addresses as far as `end`, which it must reach already.
  Outcome map_up_to(uint64_t end) {
    if (end <= mapped_) return Outcome{};
    const uint64_t length = whole_pages(end) - mapped_;
    void* at = base() + mapped_;
    if (::mmap(at, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd_, static_cast<off_t>(mapped_)) ==
        MAP_FAILED) {
      return Outcome::failed("mmap");  // what was reserved there still is
    }
    mapped_ += length;
    return Outcome{};
  }

  [[nodiscard]] Outcome hole(uint64_t first, uint64_t count) const {
#if defined(__linux__)
    int result;
    do {
      result = ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first * kFrameBytes),
                           static_cast<off_t>(count * kFrameBytes));
    } while (result != 0 && errno == EINTR);
    return result == 0 ? Outcome{} : Outcome::failed("fallocate");
#else
    (void)first;
    (void)count;
    return Outcome{ENOTSUP, "fallocate"};
#endif
  }

  void mark(uint64_t first, uint64_t count, bool has) {
    for (uint64_t frame = first; frame < first + count; frame++) populated_[frame] = has;
  }

  void* base_ = nullptr;
  int fd_ = -1;
  uint64_t max_frames_ = 0;
  uint64_t reserved_ = 0;  // bytes of address space
  uint64_t mapped_ = 0;    // bytes of it that have the object behind them
  std::vector<bool> populated_;
};

}  // namespace ctrl_if
