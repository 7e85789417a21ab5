// Measures what it costs to wake a sleeping process, for several mechanisms. Two processes take turns, and each sleeps
// until its turn: two wake-ups for each round trip. Prints JSON, times in nanoseconds for each round trip.
//
//   doorbell [--round-trips N] [--cpus A,B]
//
// docs/decisions/0006 has the figures and the conclusion.
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "common.hpp"
#include "ctrl_if/atomics.hpp"
#include "ctrl_if/descriptor.hpp"
#include "ctrl_if/mapping.hpp"

namespace {

using limit::die;

constexpr int kMissedAfterMs = 10'000;

/// One bell for each side. A ring writes 8 bytes, which an eventfd needs and all others accept.
struct Descriptors {
  int receive[2] = {-1, -1};  // by side: 0 sends requests, 1 answers
  int ring[2] = {-1, -1};
  std::vector<ctrl_if::Descriptor> open;  // keeps them open

  void wake(int side) const {
    const uint64_t one = 1;
    if (::write(ring[side], &one, sizeof one) != sizeof one) die("write failed");
  }
  void wait(int side) const {
    pollfd fd{receive[side], POLLIN, 0};
    if (::poll(&fd, 1, kMissedAfterMs) != 1) die("the bell was not rung");
    uint64_t rung = 0;
    if (::read(receive[side], &rung, sizeof rung) != sizeof rung) die("read failed");
  }
};

Descriptors eventfds() {
  Descriptors bells;
  for (int side = 0; side < 2; side++) {
    const auto& bell = bells.open.emplace_back(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (bell.get() < 0) die("no eventfd");
    bells.receive[side] = bells.ring[side] = bell.get();
  }
  return bells;
}

Descriptors pipes() {
  Descriptors bells;
  for (int side = 0; side < 2; side++) {
    ctrl_if::Pipe pipe;
    if (!ctrl_if::Pipe::open(O_NONBLOCK, pipe).ok()) die("no pipe");
    bells.receive[side] = bells.open.emplace_back(std::move(pipe.read)).get();
    bells.ring[side] = bells.open.emplace_back(std::move(pipe.write)).get();
  }
  return bells;
}

Descriptors sockets() {
  Descriptors bells;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) die("no socketpair");
  bells.receive[0] = bells.ring[1] = bells.open.emplace_back(ends[0]).get();
  bells.receive[1] = bells.ring[0] = bells.open.emplace_back(ends[1]).get();
  return bells;
}

/// A word for each side, in memory that both map. 1 means rung.
struct Futexes {
  ctrl_if::Mapping memory;

  [[nodiscard]] uint32_t* word(int side) const {
    return reinterpret_cast<uint32_t*>(memory.base()) + static_cast<size_t>(side) * 32;
  }
  void wake(int side) const {
    ctrl_if::store_release(word(side), 1);  // pairs with the exchange in wait
    (void)::syscall(SYS_futex, word(side), FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }
  void wait(int side) const {
    const timespec most{kMissedAfterMs / 1000, 0};
    while (ctrl_if::exchange(word(side), 0) == 0) {
      // EAGAIN: rung between the load and the call.
      const long slept = ::syscall(SYS_futex, word(side), FUTEX_WAIT, 0, &most, nullptr, 0);
      if (slept != 0 && errno != EAGAIN && errno != EINTR) die("the bell was not rung");
    }
  }
};

Futexes futexes() {
  Futexes bells;
  if (!ctrl_if::Mapping::share_with_children(4096, bells.memory).ok()) die("no shared memory");
  return bells;
}

struct Settings {
  size_t round_trips = 20'000;
  int cpus[2] = {-1, -1};
};

/// Side 1 answers until side 0 ends and kills it.
template <class Bells>
std::vector<double> ping_pong(const Bells& bells, const Settings& settings) {
  const size_t round_trips = settings.round_trips;
  const size_t warmup = round_trips / 10;
  const pid_t child = ::fork();
  if (child < 0) die("cannot fork");
  if (child == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit::pin(settings.cpus[1]);
    for (size_t i = 0; i < warmup + round_trips; i++) {
      bells.wait(1);
      bells.wake(0);
    }
    std::_Exit(0);
  }
  limit::pin(settings.cpus[0]);
  std::vector<double> times;
  times.reserve(round_trips);
  for (size_t i = 0; i < warmup + round_trips; i++) {
    const double began = limit::now_ns();
    bells.wake(1);
    bells.wait(0);
    if (i >= warmup) times.push_back(limit::now_ns() - began);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) die("the other side failed");
  std::sort(times.begin(), times.end());
  return times;
}

template <class Bells>
void measure(const char* name, const Bells& bells, const Settings& settings, bool last) {
  const std::vector<double> times = ping_pong(bells, settings);
  const auto at = [&](double share) {
    return times[static_cast<size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("  {\"name\": \"%s\", \"p50\": %.0f, \"p99\": %.0f}%s\n", name, at(0.5), at(0.99), last ? "" : ",");
}

Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    char* rest = i + 1 < argc ? argv[i + 1] : argv[i];
    if (option == "--round-trips") {
      settings.round_trips = std::strtoul(rest, &rest, 10);
    } else if (option == "--cpus") {
      settings.cpus[0] = static_cast<int>(std::strtol(rest, &rest, 10));
      settings.cpus[1] = static_cast<int>(std::strtol(*rest == ',' ? rest + 1 : rest, &rest, 10));
    }
    if (*rest != '\0') die("usage: doorbell [--round-trips N] [--cpus A,B]");
  }
  if (settings.round_trips == 0) die("--round-trips must be 1 or more");
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = read_settings(argc, argv);
  (void)std::setvbuf(stdout, nullptr, _IONBF, 0);  // unbuffered, so that a fork copies no output
  std::printf("{\"roundTrips\": %zu, \"cpus\": [%d, %d], \"mechanisms\": [\n", settings.round_trips, settings.cpus[0],
              settings.cpus[1]);
  measure("eventfd", eventfds(), settings, false);
  measure("pipe", pipes(), settings, false);
  measure("socketpair", sockets(), settings, false);
  measure("futex", futexes(), settings, true);
  std::printf("]}\n");
  return 0;
}
