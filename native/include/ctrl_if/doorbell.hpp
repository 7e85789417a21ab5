// A doorbell: an anonymous pipe of the process that sleeps. Peers of the same user open its write end by its path in
// /proc and ring by writing one byte. Any number of bytes in the pipe means that it was rung.
//
// An eventfd cannot be opened by its path, and a named FIFO stays behind after a kill -9 (docs/decisions/0006). The
// sleeper holds both ends, so the pipe never ends, and unread bytes go when the sleeper ends. A ringer's process must
// ignore SIGPIPE, as Node does: the sleeper may be gone.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>

#include "descriptor.hpp"

namespace ctrl_if {

class Doorbell {
 public:
  static Outcome open(Doorbell& out) { return Pipe::open(O_NONBLOCK, out.pipe_); }

  [[nodiscard]] int read_fd() const { return pipe_.read.get(); }
  /// The number for PeerPath.
  [[nodiscard]] int write_fd() const { return pipe_.write.get(); }
  void close() { pipe_ = Pipe(); }

  /// Whether it was rung since the last call. It reads once, so that a peer that rings without end costs one read.
  /// Bytes that are left make the next call return true.
  [[nodiscard]] bool drain() const {
    char rung[4096];
    return ::read(pipe_.read.get(), rung, sizeof rung) > 0;
  }

  /// Sleeps until it is rung, for at most `timeout_ms`, and drains it. False: it was not rung. A handled signal, such
  /// as a profiler's, does not end the wait.
  [[nodiscard]] bool wait(uint32_t timeout_ms) const {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
      pollfd fd{pipe_.read.get(), POLLIN, 0};
      // Rounded up, so that the wait does not spin in its last millisecond.
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
      const int ready = ::poll(&fd, 1, static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX)));
      if (ready > 0) return drain();
      if (ready == 0 ? Clock::now() >= end : errno != EINTR) return false;
    }
  }

 private:
  Pipe pipe_;
};

/// A peer's end of a doorbell.
class Ringer {
 public:
  /// Opens the write end at `path`.
  static Outcome open(const PeerPath& path, Ringer& out) { return open_peer(path, O_WRONLY, S_IFIFO, out.write_); }

  /// Returns 0 or an errno value: EPIPE when the sleeper is gone, EBADF after close(). A full pipe was rung already.
  int ring() const {
    for (;;) {
      if (::write(write_.get(), "", 1) == 1 || errno == EAGAIN) return 0;
      if (errno != EINTR) return errno;
    }
  }
  void close() { write_.reset(); }

 private:
  Descriptor write_;
};

}  // namespace ctrl_if
