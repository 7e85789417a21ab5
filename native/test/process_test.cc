// Two processes over shared memory. The back is killed with SIGKILL in the middle. Its successor attaches and serves
// the unanswered requests, and every request gets exactly one response, in order.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "check.hpp"
#include "ctrl_if/ring.hpp"
#include "ctrl_if/segment.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::Deadline;
using ctrl_if::test::Random;
using ctrl_if::test::run;

// Words of an entry: the sequence number, then the number of the back that answered. A successor may find a response
// that its predecessor wrote and did not publish where the request was (see BackRing::attach); in an echo the two agree
// in the word that matters.
struct Entry {
  uint32_t sequence;
  uint32_t answered_by;
  uint32_t rest[14];
};
static_assert(sizeof(Entry) == 64);

/// Echoes in order until it is killed, in random batches. After `answers` answers it takes requests and answers no
/// more.
[[noreturn]] void serve(void* memory, uint32_t generation, uint32_t answers) {
  const pid_t parent = ::getppid();
  BackRing<ControlGeometry> back;
  if (back.attach(memory) < 0) std::_Exit(2);
  Entry box[8];
  Random random(generation + 1);
  const Deadline deadline(30);
  while (!deadline.passed()) {
    const int32_t n = back.take_requests_spinning(box, 1 + random.below(8), 1000);
    if (n < 0) std::_Exit(3);
    if (n == 0) {
      if (::getppid() != parent) std::_Exit(4);  // the test has failed: end this process too
      ::sched_yield();                           // on a busy machine the other process may need this CPU
    }
    for (int32_t i = 0; i < n; i++) box[i].answered_by = generation;
    const uint32_t m = std::min(static_cast<uint32_t>(n), answers);
    answers -= m;
    if (back.push_responses(box, m) != static_cast<int32_t>(m)) std::_Exit(5);
  }
  std::_Exit(6);
}

pid_t start_back(void* memory, uint32_t generation, uint32_t answers) {
  const pid_t pid = ::fork();
  CHECK(pid >= 0);
  if (pid == 0) serve(memory, generation, answers);
  return pid;
}

void kill_back(pid_t pid) {
  CHECK_EQ(::kill(pid, SIGKILL), 0);
  int status = 0;
  CHECK_EQ(::waitpid(pid, &status, 0), pid);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);  // and not by one of its own checks
}

class Asker {
 public:
  explicit Asker(void* memory) { CHECK_EQ(front_.attach(memory), 0); }

  /// Keeps the ring full until `wanted` more answers have come, or until `patience` polls have found nothing.
  uint32_t stream(uint32_t wanted, uint32_t patience) {
    const Deadline deadline(20);
    const uint32_t first = answered_;
    uint32_t in_vain = 0;
    while (answered_ - first < wanted && in_vain < patience) {
      CHECK(!deadline.passed());
      Entry box[8] = {};
      for (uint32_t i = 0; i < 8; i++) box[i].sequence = asked_ + i;
      const int32_t pushed = front_.push_requests(box, 8);
      CHECK(pushed >= 0);
      asked_ += static_cast<uint32_t>(pushed);
      const int32_t got = front_.take_responses_spinning(box, 8, 1000);
      CHECK(got >= 0);
      in_vain = got == 0 ? in_vain + 1 : 0;
      if (got == 0) ::sched_yield();
      for (int32_t i = 0; i < got; i++) CHECK_EQ(box[i].sequence, answered_++);
    }
    return answered_ - first;
  }
  [[nodiscard]] uint32_t unanswered() const { return asked_ - answered_; }

 private:
  FrontRing<ControlGeometry> front_;
  uint32_t asked_ = 0;
  uint32_t answered_ = 0;
};

Segment fresh_segment() {
  const std::string name = "/ctrl-if-process-test-" + std::to_string(::getpid());
  Segment segment;
  CHECK(Segment::create(name.c_str(), 4096, segment).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
  return segment;
}

/// The first back stops answering, takes all eight requests, and dies. Nothing is lost.
void successor_serves_the_unanswered() {
  const Segment segment = fresh_segment();
  Asker asker(segment.base());
  const pid_t first = start_back(segment.base(), 0, 1003);
  CHECK_EQ(asker.stream(UINT32_MAX, 1000), 1003);
  CHECK_EQ(asker.unanswered(), 8);
  kill_back(first);

  const pid_t second = start_back(segment.base(), 1, UINT32_MAX);
  CHECK(asker.stream(10'000, UINT32_MAX) >= 10'000);
  kill_back(second);
}

/// Killed at random moments, thirty times over one ring.
void killed_in_mid_stream() {
  const Segment segment = fresh_segment();
  Asker asker(segment.base());
  Random random(17);
  for (uint32_t generation = 0; generation < 30; generation++) {
    const pid_t back = start_back(segment.base(), generation, UINT32_MAX);
    CHECK(asker.stream(500 + random.below(3000), UINT32_MAX) >= 500);
    kill_back(back);
  }
}

}  // namespace

int main() {
  run("a successor serves the unanswered", successor_serves_the_unanswered);
  run("killed in mid-stream", killed_in_mid_stream);
  return 0;
}
