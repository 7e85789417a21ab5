// A domain's memory: frames come and go, nothing moves, and reading a frame without memory kills no process.
#include "ctrl_if/memory.hpp"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <string>

#include "check.hpp"
#include "ctrl_if/segment.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::Random;
using ctrl_if::test::run;

constexpr uint64_t kFrame = kFrameBytes;

std::string fresh_name(const char* what) { return "/ctrl-if-memory-test-" + std::to_string(::getpid()) + "-" + what; }

void expect(const Outcome& outcome, int error, const char* syscall) {
  CHECK_EQ(outcome.error, error);
  CHECK(std::string(outcome.syscall) == syscall);
}

/// How many frames of the object have memory, counted by the system.
uint64_t resident(const DomainMemory& memory) {
  struct stat st {};
  CHECK_EQ(::fstat(memory.fd(), &st), 0);
  return static_cast<uint64_t>(st.st_blocks) * 512 / kFrame;
}

bool all_bytes(const DomainMemory& memory, uint64_t frame, uint8_t value) {
  for (uint64_t i = 0; i < kFrame; i++) {
    if (memory.base()[frame * kFrame + i] != value) return false;
  }
  return true;
}

/// Unlinked at once, so that a failing test leaves nothing in /dev/shm.
void fresh(DomainMemory& memory, const char* what, uint64_t max_frames) {
  const std::string name = fresh_name(what);
  CHECK(DomainMemory::create(name.c_str(), max_frames, memory).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
}

void grows_in_place() {
  DomainMemory memory;
  fresh(memory, "grow", 1000);
  CHECK_EQ(memory.max_frames(), 1000);
  CHECK_EQ(resident(memory), 1);
  CHECK(memory.populated(0, 1) && !memory.populated(0, 2));
  uint8_t* base = memory.base();
  base[0] = 42;
  for (uint64_t frame = 1; frame < 1000; frame += 333) CHECK(memory.populate(frame, 333).ok());
  CHECK(memory.base() == base);
  CHECK_EQ(base[0], 42);
  CHECK_EQ(resident(memory), 1000);
  for (uint64_t frame = 1; frame < 1000; frame++) CHECK(all_bytes(memory, frame, 0));
  base[1000 * kFrame - 1] = 1;
}

void holes() {
  DomainMemory memory;
  fresh(memory, "holes", 64);
  CHECK(memory.populate(1, 63).ok());
  std::memset(memory.base(), 0xAB, 64 * kFrame);
  CHECK(memory.punch(10, 3).ok());
  CHECK_EQ(resident(memory), 61);
  CHECK(memory.populated(0, 10) && memory.populated(13, 51));
  for (uint64_t frame = 10; frame < 13; frame++) CHECK(!memory.populated(frame, 1));
  CHECK(!memory.populated(9, 2) && !memory.populated(12, 2));
  CHECK(all_bytes(memory, 9, 0xAB) && all_bytes(memory, 13, 0xAB));
  CHECK(memory.punch(10, 3).ok());  // again: nothing to take
  CHECK(memory.populate(10, 3).ok());
  CHECK_EQ(resident(memory), 64);
  for (uint64_t frame = 10; frame < 13; frame++) CHECK(all_bytes(memory, frame, 0));
}

void finds_what_has_memory() {
  DomainMemory memory;
  fresh(memory, "find", 8);
  CHECK(memory.populate(1, 2).ok());
  CHECK(memory.populate(5, 3).ok());
  CHECK(memory.find(0, 3 * kFrame) == memory.base());
  CHECK(memory.find(3 * kFrame - 4, 4) == memory.base() + 3 * kFrame - 4);
  CHECK(memory.find(3 * kFrame - 4, 5) == nullptr && memory.find(3 * kFrame, 0) == nullptr);
  CHECK(memory.find(2 * kFrame, 4 * kFrame) == nullptr);  // a hole in the middle
  CHECK(memory.find(5 * kFrame, 3 * kFrame) == memory.base() + 5 * kFrame);
  CHECK(memory.find(5 * kFrame, 3 * kFrame + 1) == nullptr);
  CHECK(memory.find(UINT64_MAX, 4) == nullptr && memory.find(UINT64_MAX - 3, 4) == nullptr);
  CHECK(memory.find(kFrame, UINT64_MAX) == nullptr);
  memory.reset();
  CHECK(memory.find(0, 4) == nullptr);
}

/// A hole at the end, and frames that were never populated: mapped addresses stay inside the object.
void stale_reads_are_harmless() {
  DomainMemory memory;
  fresh(memory, "stale", 64);
  CHECK(memory.populate(60, 4).ok());  // 1..59 were never populated
  CHECK_EQ(resident(memory), 5);
  CHECK(memory.punch(61, 3).ok());
  const auto* bytes = const_cast<const volatile uint8_t*>(memory.base());
  for (uint64_t frame = 0; frame < 64; frame++) CHECK_EQ(bytes[frame * kFrame + 7], 0);
}

void another_mapping() {
  const std::string name = fresh_name("pair");
  DomainMemory memory;
  Segment control;
  CHECK(DomainMemory::create(name.c_str(), 16, memory).ok());
  CHECK(Segment::open(name.c_str(), kFrame, control).ok());
  CHECK(memory.populate(1, 15).ok());
  Segment whole;
  CHECK(Segment::open(name.c_str(), 16 * kFrame, whole).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
  CHECK_EQ(control.bytes(), kFrame);
  CHECK_EQ(whole.stat().mode, 0600);
  control.base()[5] = 1;
  whole.base()[15 * kFrame] = 2;
  CHECK_EQ(memory.base()[5], 1);
  CHECK_EQ(memory.base()[15 * kFrame], 2);
  CHECK(memory.punch(1, 15).ok());
  CHECK_EQ(whole.base()[15 * kFrame], 0);  // and no SIGBUS: the object kept its length
  memory.reset();
  CHECK_EQ(control.base()[5], 1);  // memory lives until the last mapping goes
}

void refusals() {
  const std::string name = fresh_name("refused");
  DomainMemory memory;
  expect(DomainMemory::create(name.c_str(), 0, memory), EINVAL, "mmap");
  expect(DomainMemory::create(name.c_str(), kMaxFrames + 1, memory), EINVAL, "mmap");
  expect(DomainMemory::create(name.c_str(), UINT64_MAX, memory), EINVAL, "mmap");
  CHECK(!memory.mapped());
  fresh(memory, "bounds", 8);
  for (const uint64_t frame : {uint64_t{8}, uint64_t{1} << 52, UINT64_MAX}) {
    expect(memory.populate(frame, 1), EINVAL, "posix_fallocate");
    expect(memory.punch(frame, 1), EINVAL, "fallocate");
    CHECK(!memory.populated(frame, 1));
  }
  expect(memory.populate(4, 5), EINVAL, "posix_fallocate");
  expect(memory.populate(4, UINT64_MAX - 2), EINVAL, "posix_fallocate");
  expect(memory.punch(4, 0), EINVAL, "fallocate");
  CHECK_EQ(resident(memory), 1);
  DomainMemory second;
  CHECK(DomainMemory::create(name.c_str(), 8, memory).ok());
  expect(DomainMemory::create(name.c_str(), 8, second), EEXIST, "shm_open");
  CHECK(Segment::unlink(name.c_str()).ok());
}

uint32_t open_descriptors() {
  uint32_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  while (::readdir(directory) != nullptr) count++;
  ::closedir(directory);
  return count;
}

void gives_everything_back() {
  const uint32_t descriptors = open_descriptors();
  {
    DomainMemory memory;
    fresh(memory, "back", 1024);
    CHECK(memory.populate(1, 1023).ok());
    fresh(memory, "again", 4);  // over the first
    memory.reset();
    memory.reset();
    expect(memory.populate(0, 1), EINVAL, "posix_fallocate");
    fresh(memory, "destructor", 4);
  }
  CHECK_EQ(open_descriptors(), descriptors);
}

/// Against a model of the frames: the content of each, and how many there are.
void random_walk() {
  constexpr uint32_t kFrames = 96;
  DomainMemory memory;
  fresh(memory, "walk", kFrames);
  int held[kFrames] = {};  // -1: nothing
  for (uint32_t frame = 1; frame < kFrames; frame++) held[frame] = -1;
  Random random(7);
  for (int step = 0; step < 2000; step++) {
    const uint32_t first = random.below(kFrames);
    const uint32_t count = 1 + random.below(kFrames - first);
    const bool grow = random.below(2) == 0;
    CHECK((grow ? memory.populate(first, count) : memory.punch(first, count)).ok());
    for (uint32_t frame = first; frame < first + count; frame++) {
      if (!grow) held[frame] = -1;
      if (grow && held[frame] < 0) held[frame] = 0;
    }
    uint32_t total = 0;
    for (uint32_t frame = 0; frame < kFrames; frame++) {
      CHECK_EQ(memory.populated(frame, 1), held[frame] >= 0);
      if (held[frame] < 0) continue;
      total++;
      uint8_t* at = memory.base() + frame * kFrame + random.below(kFrame);
      CHECK_EQ(memory.base()[frame * kFrame], held[frame]);
      CHECK(*at == 0 || *at == held[frame]);
      held[frame] = 1 + static_cast<int>(random.below(255));
      memory.base()[frame * kFrame] = static_cast<uint8_t>(held[frame]);
    }
    CHECK_EQ(resident(memory), total);
  }
}

/// In a mount namespace with a /dev/shm of 16 frames. It needs root; without root it prints that and is skipped.
void a_full_machine() {
  const pid_t pid = ::fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    if (::unshare(CLONE_NEWNS) != 0) std::_Exit(77);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) std::_Exit(77);
    if (::mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=64k") != 0) std::_Exit(77);
    DomainMemory memory;
    fresh(memory, "full", 64);
    CHECK(memory.populate(1, 9).ok());
    expect(memory.populate(10, 7), ENOSPC, "posix_fallocate");
    CHECK_EQ(resident(memory), 10);
    CHECK(!memory.populated(10, 1));
    CHECK(memory.populate(10, 6).ok());
    std::memset(memory.base(), 1, 16 * kFrame);  // the reserved memory exists
    CHECK(memory.punch(3, 1).ok());
    CHECK(memory.populate(63, 1).ok());
    memory.base()[63 * kFrame] = 1;
    std::_Exit(0);
  }
  int status = 0;
  CHECK_EQ(::waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    std::printf("   no mount namespace here: a full machine was not tested\n");
  } else {
    CHECK_EQ(WEXITSTATUS(status), 0);
  }
}

}  // namespace

int main() {
  run("grows in place", grows_in_place);
  run("holes", holes);
  run("finds frames with memory only", finds_what_has_memory);
  run("stale reads are harmless", stale_reads_are_harmless);
  run("another mapping", another_mapping);
  run("refusals", refusals);
  run("gives everything back", gives_everything_back);
  run("random walk", random_walk);
  run("a full machine", a_full_machine);
  return 0;
}
