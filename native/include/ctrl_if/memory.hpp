// A domain's memory: one POSIX shared-memory object of 4 KiB frames, which grows and shrinks and never moves.
//
// Addresses for the maximum are reserved at once, without memory. populate() gives memory to frames. It reserves the
// space first, so that a full /dev/shm is an error there and not a SIGBUS at a later store. punch() takes the memory
// away and leaves a hole. The object keeps its length, so no mapped address is ever beyond its end, and a stale peer
// reads zeros from a hole. Touch only frames for which populated() is true: a store to a hole takes memory that was not
// reserved, and raises SIGBUS when there is none.
//
// Unlike a Segment's, the descriptor stays open: growing needs it, and peers open single frames through it.
// One object belongs to one thread.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "descriptor.hpp"
#include "mapping.hpp"
#include "shared_object.hpp"
#include "wire.h"

namespace ctrl_if {

class DomainMemory {
 public:
  /// Creates `name` ("/...") with frame 0, zero-filled, and reserves addresses for `max_frames`. After a failure
  /// nothing is left behind.
  static Outcome create(const char* name, uint64_t max_frames, DomainMemory& out) {
    out.reset();
    if (max_frames == 0 || max_frames > kMaxFrames) return Outcome{EINVAL, "mmap"};
    Outcome outcome = create_object(name, out.fd_);
    if (!outcome.ok()) return outcome;
    outcome = out.reserve(max_frames);
    if (outcome.ok()) outcome = out.populate(0, 1);
    if (!outcome.ok()) {
      out.reset();
      (void)unlink_object(name);  // O_EXCL: this call created the name
    }
    return outcome;
  }

  /// Gives memory to frames first..first+count-1, zero-filled where they had none. All or nothing: ENOSPC changes
  /// nothing.
  Outcome populate(uint64_t first, uint64_t count) {
    if (!inside(first, count)) return Outcome{EINVAL, "posix_fallocate"};
    const uint64_t end = (first + count) * kFrameBytes;
#if !defined(__APPLE__)  // where create() gave the object its whole length
    const Outcome allocated = allocate(fd_.get(), first * kFrameBytes, count * kFrameBytes);
    if (!allocated.ok()) return allocated;
#endif
    const Outcome mapped = map_up_to(end);
    if (!mapped.ok()) {
      if (!populated(first, count)) (void)hole(first, count);
      return mapped;
    }
    mark(first, count, true);
    return Outcome{};
  }

  /// Takes the memory of these frames away. Their content is gone; populated again, they are zero.
  Outcome punch(uint64_t first, uint64_t count) {
    if (!inside(first, count)) return Outcome{EINVAL, "fallocate"};
    const Outcome outcome = hole(first, count);
    if (outcome.ok()) mark(first, count, false);
    return outcome;
  }

  /// Whether all of these frames have memory. False also for frames outside.
  [[nodiscard]] bool populated(uint64_t first, uint64_t count) const {
    if (!inside(first, count)) return false;
    for (uint64_t frame = first; frame < first + count; frame++) {
      if (!populated_[frame]) return false;
    }
    return true;
  }

  /// The address of bytes offset..offset+bytes-1; null when one of their frames has no memory.
  [[nodiscard]] uint8_t* find(uint64_t offset, uint64_t bytes) const {
    const uint64_t first = offset / kFrameBytes;
    const uint64_t last = (offset + (bytes == 0 ? 0 : bytes - 1)) / kFrameBytes;
    // When the sum wraps, the last frame is before the first.
    return last >= first && populated(first, last - first + 1) ? base() + offset : nullptr;
  }

  void reset() {
    addresses_.reset();
    fd_.reset();
    mapped_ = 0;
    populated_.clear();
  }

  [[nodiscard]] bool mapped() const { return addresses_.mapped(); }
  [[nodiscard]] uint8_t* base() const { return addresses_.base(); }
  [[nodiscard]] uint64_t max_frames() const { return populated_.size(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  [[nodiscard]] bool inside(uint64_t first, uint64_t count) const {
    return count > 0 && first < max_frames() && count <= max_frames() - first;
  }

  static uint64_t whole_pages(uint64_t bytes) {
    const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));  // 16 or 64 KiB on some arm64 systems
    return (bytes + page - 1) / page * page;
  }

  Outcome reserve(uint64_t max_frames) {
    const uint64_t bytes = whole_pages(max_frames * kFrameBytes);
#if defined(__APPLE__)
    // The length can be set only once. Pages are anonymous memory and cost nothing until they are touched.
    if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return Outcome::failed("ftruncate");
#endif
    const Outcome outcome = Mapping::reserve(bytes, addresses_);
    if (outcome.ok()) populated_.assign(max_frames, false);
    return outcome;
  }

  /// Maps the object to the reserved addresses up to `end`. The object must be that long.
  Outcome map_up_to(uint64_t end) {
    if (end <= mapped_) return Outcome{};
    const uint64_t length = whole_pages(end) - mapped_;
    const Outcome outcome = addresses_.place(fd_.get(), mapped_, length);
    if (outcome.ok()) mapped_ += length;
    return outcome;
  }

  [[nodiscard]] Outcome hole(uint64_t first, uint64_t count) const {
#if defined(__linux__)
    int result;
    do {
      result = ::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                           static_cast<off_t>(first * kFrameBytes), static_cast<off_t>(count * kFrameBytes));
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

  Mapping addresses_;  // for the maximum of frames
  Descriptor fd_;
  uint64_t mapped_ = 0;          // how many bytes of the addresses the object is mapped to
  std::vector<bool> populated_;  // for each frame up to the maximum
};

}  // namespace ctrl_if
