// The test framework: checks that end the process, named tests, deadlines.
#pragma once

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace ctrl_if::test {

[[noreturn]] inline void fail(const char* file, int line, const char* what) {
  (void)std::fprintf(stderr, "%s:%d: %s\n", file, line, what);
  (void)std::fflush(nullptr);
  std::_Exit(1);  // without destructors: other threads may still run
}

inline void check_equal(int64_t got, int64_t wanted, const char* file, int line, const char* what) {
  if (got == wanted) return;
  (void)std::fprintf(stderr, "%s:%d: %s: got %" PRId64 ", wanted %" PRId64 "\n", file, line, what, got, wanted);
  fail(file, line, "failed");
}

#define CHECK(condition) \
  if (!(condition)) ::ctrl_if::test::fail(__FILE__, __LINE__, "CHECK(" #condition ") failed")
#define CHECK_EQ(got, wanted)                                                                               \
  ::ctrl_if::test::check_equal(static_cast<int64_t>(got), static_cast<int64_t>(wanted), __FILE__, __LINE__, \
                               #got " == " #wanted)

template <class Body>
void run(const char* name, Body body) {
  const auto began = std::chrono::steady_clock::now();
  body();
  const auto took = std::chrono::steady_clock::now() - began;
  std::printf("ok %s (%lld ms)\n", name,
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  (void)std::fflush(stdout);
}

/// Every wait has one.
class Deadline {
 public:
  explicit Deadline(int seconds) : end_(std::chrono::steady_clock::now() + std::chrono::seconds(seconds)) {}
  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

/// xorshift32: the same numbers in every run, so that a failure can be repeated.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  uint32_t below(uint32_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % limit;
  }

 private:
  uint32_t state_;
};

}  // namespace ctrl_if::test
