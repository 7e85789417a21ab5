// Declarations for all modes of the limit: options, clocks, pinning, and the entry that bench/peers/entry.ts describes.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace limit {

// As in bench/peers/job.ts and bench/peers/entry.ts.
inline constexpr uint8_t kType = 42;
inline constexpr uint8_t kBegin = 1;
inline constexpr uint8_t kEnd = 2;
inline constexpr uint8_t kStop = 3;
inline constexpr uint32_t kRoundTripsASample = 32;
inline constexpr size_t kMaxSamples = 50'000;
inline constexpr uint32_t kPolls = 1000;
inline constexpr uint32_t kClockInterval = 1024;  // messages
inline constexpr uint32_t kWholeRing = UINT32_MAX;

struct Options {
  enum class Mode { kRoundTrips, kStream, kWide } mode = Mode::kRoundTrips;
  uint32_t entry = 64;
  uint32_t slots = 8;
  uint32_t batch = kWholeRing;  // for kWide
  int cpus[2] = {-1, -1};
  double warmup_ms = 100;
  double timed_ms = 200;
};

[[noreturn]] inline void die(const std::string& what) {
  (void)std::fprintf(stderr, "limit: %s\n", what.c_str());
  std::exit(1);
}

inline double now_ns() {
  return static_cast<double>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

inline double cpu_ns() {
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

inline void pin(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) die("cannot pin to CPU " + std::to_string(cpu));
}

/// A mark for strace between the counted calls; no such file exists.
inline void mark_trace(const char* name) { (void)::access(name, F_OK); }

template <uint32_t Bytes>
struct Entry {
  uint8_t type;
  uint8_t mark;
  uint8_t id;
  uint8_t length;
  uint32_t sequence;
  uint8_t body[Bytes - 8];
};

/// Writes the bytes that are the same in all messages.
template <uint32_t Bytes>
void initialize(Entry<Bytes>& entry) {
  entry.type = kType;
  entry.mark = 0;
  entry.id = 0;
  entry.length = static_cast<uint8_t>(Bytes < 256 ? Bytes - 4 : 0);
  std::memset(entry.body, 0x5a, sizeof entry.body);
}

/// Waits for responses and takes 1 to `max` of them, with the sequence numbers from `expected` on. Ends the program
/// when the child `peer` ends before.
template <class Ring, uint32_t Bytes>
uint32_t take_in_order(Ring& ring, Entry<Bytes>* responses, uint32_t max, pid_t peer, uint32_t& expected) {
  int32_t n = 0;
  while ((n = ring.take_responses_spinning(responses, max, kPolls)) == 0) {
    if (::waitpid(peer, nullptr, WNOHANG) != 0) die("the back ended early");
  }
  if (n < 0) die("the back's index is wrong");
  for (int32_t i = 0; i < n; i++) {
    if (responses[i].sequence != expected++) die("the front expected another sequence number");
  }
  return static_cast<uint32_t>(n);
}

/// Checks the requests in the back: each one comes, in order. It reads the CPU time at the marks.
class Checker {
 public:
  template <uint32_t Bytes>
  void check(const Entry<Bytes>& request) {
    if (request.sequence != expected_++) die("the back expected another sequence number");
    if (request.mark == 0) return;
    if (request.mark == kBegin) began_ = cpu_ns();
    if (request.mark == kEnd) spent_ = cpu_ns() - began_;
    if (request.mark == kStop) stopped_ = true;
  }

  [[nodiscard]] bool stopped() const { return stopped_; }
  /// CPU time from kBegin to kEnd.
  [[nodiscard]] double spent() const { return spent_; }

 private:
  uint32_t expected_ = 0;
  bool stopped_ = false;
  double began_ = 0;
  double spent_ = 0;
};

}  // namespace limit
