// Doorbells: many rings are drained as one, also across processes and by path, and sleepers may die.
#include "ctrl_if/doorbell.hpp"

#include <sys/wait.h>

#include <csignal>
#include <string>
#include <thread>

#include "check.hpp"
#include "ctrl_if/event_channel.hpp"
#include "ctrl_if/segment.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::run;

constexpr uint32_t kMissedAfterMs = 20'000;

PeerPath path_of(pid_t pid, int fd) { return {static_cast<uint32_t>(pid), static_cast<uint32_t>(fd)}; }

Doorbell open_bell() {
  Doorbell bell;
  CHECK(Doorbell::open(bell).ok());
  return bell;
}

Ringer open_ringer(pid_t pid, int fd) {
  Ringer ringer;
  CHECK(Ringer::open(path_of(pid, fd), ringer).ok());
  return ringer;
}

void rung_and_drained() {
  const Doorbell bell = open_bell();
  const Ringer ringer = open_ringer(::getpid(), bell.write_fd());
  CHECK(!bell.drain());
  CHECK(!bell.wait(0));
  CHECK_EQ(ringer.ring(), 0);
  CHECK(bell.wait(0));
  for (int i = 0; i < 100; i++) CHECK_EQ(ringer.ring(), 0);
  CHECK(bell.drain());
  CHECK(!bell.drain());
  // A full pipe means one ring, as a byte does, and is drained in pieces.
  for (int i = 0; i < 100'000; i++) CHECK_EQ(ringer.ring(), 0);
  uint32_t pieces = 0;
  while (bell.drain()) pieces++;
  CHECK_EQ(pieces, 16);  // 64 KiB by 4 KiB
}

void sleeper_gone() {
  Doorbell bell = open_bell();
  Ringer ringer = open_ringer(::getpid(), bell.write_fd());
  bell.close();
  CHECK_EQ(ringer.ring(), EPIPE);
  ringer.close();
  CHECK_EQ(ringer.ring(), EBADF);
  CHECK(!bell.drain());
}

void refusals() {
  Ringer ringer;
  const Outcome nothing_there = Ringer::open(path_of(::getpid(), 9999), ringer);
  CHECK_EQ(nothing_there.error, ENOENT);
  CHECK(std::string(nothing_there.syscall) == "open");
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) std::_Exit(0);
  CHECK_EQ(::waitpid(child, nullptr, 0), child);
  CHECK_EQ(Ringer::open(path_of(child, 1), ringer).error, ENOENT);

  const std::string name = "/ctrl-if-doorbell-test-" + std::to_string(::getpid());
  Segment page;
  Segment other;
  CHECK(Segment::create(name.c_str(), 8192, page, true).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
  const PeerPath file = path_of(::getpid(), page.fd());
  const Doorbell bell = open_bell();
  CHECK(Ringer::open(file, ringer).wrong_kind);
  CHECK(Segment::open_at(path_of(::getpid(), bell.write_fd()), 0, 4096, other).wrong_kind);
  CHECK(Segment::open_at(file, 4096, 4097, other).truncated);
  CHECK(Segment::open_at(file, UINT64_MAX - 4095, 4096, other).truncated);
  CHECK_EQ(Segment::open_at(file, 0, 0, other).error, EINVAL);
  CHECK_EQ(Segment::open_at(file, 4, 4096, other).error, EINVAL);
  CHECK(!other.mapped());

  page.base()[4096] = 5;
  CHECK(Segment::open_at(file, 4096, 4096, other).ok());
  CHECK_EQ(other.bytes(), 4096);
  CHECK_EQ(other.base()[0], 5);
  CHECK_EQ(other.fd(), -1);
  const Segment moved = std::move(page);
  CHECK(moved.fd() >= 0);
}

void signals_do_not_wake() {
  const Doorbell bell = open_bell();
  struct sigaction act {};
  act.sa_handler = [](int) {};
  CHECK_EQ(::sigaction(SIGUSR1, &act, nullptr), 0);
  const pthread_t sleeper = ::pthread_self();
  const Ringer ringer = open_ringer(::getpid(), bell.write_fd());
  std::thread disturber([&] {
    for (int i = 0; i < 50; i++) {
      CHECK_EQ(::pthread_kill(sleeper, SIGUSR1), 0);
      ::usleep(500);
    }
    CHECK_EQ(ringer.ring(), 0);
  });
  CHECK(bell.wait(kMissedAfterMs));
  disturber.join();

  const auto began = std::chrono::steady_clock::now();
  CHECK(!bell.wait(20));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(20));
}

/// Sleeps until an event of port 1 comes, `rounds` times. The published index is the page's first word.
void serve(Segment& page, const Doorbell& bell, uint32_t rounds, const Ringer& answer) {
  EventChannels events(page.base());
  auto* words = reinterpret_cast<uint32_t*>(page.base());
  uint32_t* asleep = words + kPageAsleep / 4;
  for (uint32_t round = 1; round <= rounds;) {
    uint32_t port = 0;
    arm(asleep);
    if (events.collect(&port, 1) == 0 && !bell.wait(kMissedAfterMs)) std::_Exit(3);
    disarm(asleep);
    if (port == 0 && events.collect(&port, 1) == 0) continue;  // rung for an event seen before
    if (port != 1 || load_relaxed(words) != round++) std::_Exit(4);
    if (answer.ring() != 0) std::_Exit(5);
  }
  std::_Exit(0);
}

/// The page's owner is another process. Its page and its doorbell are opened by their numbers.
void two_processes() {
  constexpr uint32_t kRounds = 5000;
  const std::string name = "/ctrl-if-doorbell-test-" + std::to_string(::getpid());
  const Doorbell mine = open_bell();
  Pipe report;
  CHECK(Pipe::open(0, report).ok());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    const Doorbell bell = open_bell();
    Segment page;
    if (!Segment::create(name.c_str(), kPageBytes, page, true).ok()) std::_Exit(1);
    if (!Segment::unlink(name.c_str()).ok()) std::_Exit(1);
    const int numbers[2] = {page.fd(), bell.write_fd()};
    if (::write(report.write.get(), numbers, sizeof numbers) != sizeof numbers) std::_Exit(2);
    serve(page, bell, kRounds, open_ringer(parent, mine.write_fd()));
  }
  int numbers[2];
  CHECK_EQ(::read(report.read.get(), numbers, sizeof numbers), sizeof numbers);
  Segment page;
  CHECK(Segment::open_at(path_of(child, numbers[0]), 0, kPageBytes, page).ok());
  CHECK_EQ(page.stat().mode, 0600);
  const Ringer ringer = open_ringer(child, numbers[1]);
  EventChannels events(page.base());
  uint32_t rings = 0;
  for (uint32_t round = 1; round <= kRounds; round++) {
    store_relaxed(reinterpret_cast<uint32_t*>(page.base()), round);
    if (events.notify(1)) {
      CHECK_EQ(ringer.ring(), 0);
      rings++;
    }
    CHECK(mine.wait(kMissedAfterMs));
  }
  int status = 0;
  CHECK_EQ(::waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
  CHECK(rings > 0);
  CHECK_EQ(ringer.ring(), EPIPE);  // the page of the dead process is still mapped, its doorbell is gone
  CHECK_EQ(load_relaxed(reinterpret_cast<uint32_t*>(page.base())), kRounds);
}

}  // namespace

int main() {
  CHECK(::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  run("rung and drained", rung_and_drained);
  run("the sleeper is gone", sleeper_gone);
  run("refusals", refusals);
  run("signals do not wake", signals_do_not_wake);
  run("two processes", two_processes);
  return 0;
}
