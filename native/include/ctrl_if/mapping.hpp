// A range of mapped memory as a value, unmapped when it goes out of scope.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "descriptor.hpp"

namespace ctrl_if {

class Mapping {
 public:
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  Mapping(Mapping&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    if (this != &other) {
      reset();
      base_ = std::exchange(other.base_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~Mapping() { reset(); }

  /// Maps `bytes` bytes of `fd` from `offset`, a multiple of the system's page size, shared with other processes.
  static Outcome share(int fd, uint64_t offset, uint64_t bytes, Mapping& out) {
    return out.map(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  }

  /// Maps memory without a name, shared with the processes that this one forks.
  static Outcome share_with_children(uint64_t bytes, Mapping& out) {
    return out.map(bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  }

  /// Reserves addresses without memory. place() maps memory there.
  static Outcome reserve(uint64_t bytes, Mapping& out) {
    return out.map(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }

  /// Maps bytes offset..offset+bytes-1 of `fd` to the same place in this range. After a failure nothing has changed.
  [[nodiscard]] Outcome place(int fd, uint64_t offset, uint64_t bytes) const {
    void* mapped = ::mmap(base() + offset, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                          fd, static_cast<off_t>(offset));
    return mapped == MAP_FAILED ? Outcome::failed("mmap") : Outcome{};
  }

  void reset() {
    if (base_ == nullptr) return;
    (void)::munmap(base_, bytes_);  // fails only for arguments that mmap never returned
    base_ = nullptr;
    bytes_ = 0;
  }

  [[nodiscard]] bool mapped() const { return base_ != nullptr; }
  [[nodiscard]] uint8_t* base() const { return static_cast<uint8_t*>(base_); }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  Outcome map(uint64_t bytes, int protection, int flags, int fd, uint64_t offset) {
    reset();
    const auto length = static_cast<size_t>(bytes);
    if (length != bytes) return Outcome{EFBIG, "mmap"};  // only where size_t has 32 bits
    void* base = ::mmap(nullptr, length, protection, flags, fd, static_cast<off_t>(offset));
    if (base == MAP_FAILED) return Outcome::failed("mmap");
    base_ = base;
    bytes_ = length;
    return Outcome{};
  }

  void* base_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace ctrl_if
