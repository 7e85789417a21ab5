// Two threads that sleep on pipes. The words of wakeup.hpp decide when a byte is written. A missed wake-up leaves both
// asleep until poll()'s deadline, which fails the test.
#include "ctrl_if/wakeup.hpp"

#include <poll.h>
#include <unistd.h>

#include <thread>

#include "check.hpp"
#include "ctrl_if/descriptor.hpp"
#include "ctrl_if/ring.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::Deadline;
using ctrl_if::test::Random;
using ctrl_if::test::run;

constexpr int kMissedAfterMs = 10'000;

class Doorbell {
 public:
  Doorbell() { CHECK(Pipe::open(0, pipe_).ok()); }
  void ring() const { CHECK_EQ(::write(pipe_.write.get(), "", 1), 1); }
  void wait() const {
    pollfd fd{pipe_.read.get(), POLLIN, 0};
    CHECK_EQ(::poll(&fd, 1, kMissedAfterMs), 1);  // 0: it was not rung
    char byte = 0;
    CHECK_EQ(::read(pipe_.read.get(), &byte, 1), 1);
  }

 private:
  Pipe pipe_;
};

// A line of its own for each word, as on the page.
struct alignas(128) Word {
  uint32_t value = 0;
};

struct Side {
  Word asleep;
  Doorbell bell;
  uint32_t sleeps = 0;
  uint32_t rings = 0;

  void notify() {
    if (!claim(&asleep.value)) return;
    rings++;
    bell.ring();
  }
};

/// Takes at least one entry, and sleeps after some polls without one. The number of polls varies, so that arming meets
/// every moment of the peer's publishing.
template <class Take>
int32_t take_or_sleep(Side& self, Random& random, Take take) {
  for (;;) {
    int32_t n = take(random.below(200));
    if (n != 0) return n;
    arm(&self.asleep.value);
    n = take(0);  // the last poll, after the fence in arm
    if (n == 0) {
      self.sleeps++;
      self.bell.wait();
    } else if (exchange(&self.asleep.value, 0) == 0) {
      self.bell.wait();  // claimed already: the byte is on its way, and this takes it out
    }
    if (n != 0) return n;
  }
}

void never_missed(uint32_t messages) {
  alignas(128) static uint32_t memory[520 / 4];
  memory[0] = memory[1] = 0;
  Side front_side;
  Side back_side;

  std::thread peer([&] {
    BackRing<ControlGeometry> back;
    CHECK(back.attach(memory) >= 0);  // there may be requests already
    Random random(11);
    uint8_t box[64 * 8];
    for (uint32_t served = 0; served < messages;) {
      const int32_t n =
          take_or_sleep(back_side, random, [&](uint32_t polls) { return back.take_requests_spinning(box, 8, polls); });
      CHECK(n > 0);
      CHECK_EQ(back.push_responses(box, static_cast<uint32_t>(n)), n);
      front_side.notify();
      served += static_cast<uint32_t>(n);
    }
  });

  FrontRing<ControlGeometry> front;
  CHECK_EQ(front.attach(memory), 0);
  Random random(5);
  uint8_t box[64 * 8] = {};
  uint32_t asked = 0;
  for (uint32_t answered = 0; answered < messages;) {
    const int32_t pushed = front.push_requests(box, std::min(1 + random.below(8), messages - asked));
    asked += static_cast<uint32_t>(pushed);
    if (pushed > 0) back_side.notify();
    const int32_t n =
        take_or_sleep(front_side, random, [&](uint32_t polls) { return front.take_responses_spinning(box, 8, polls); });
    CHECK(n > 0);
    answered += static_cast<uint32_t>(n);
  }
  peer.join();
  std::printf("   %u messages; front slept %u, back slept %u; rung %u and %u times\n", messages, front_side.sleeps,
              back_side.sleeps, front_side.rings, back_side.rings);
  CHECK(front_side.sleeps + back_side.sleeps > 0);
}

/// The critical window, many times: the two threads meet, then one arms and polls while the other publishes and claims.
/// At least one must see the other. Without either fence, neither does within the first thousands of rounds.
void one_sees_the_other(uint32_t rounds) {
  alignas(128) static uint32_t memory[520 / 4];
  memory[0] = memory[1] = 0;
  Word asleep;
  Word front_at;
  Word back_at;
  bool saw = false;
  FrontRing<ControlGeometry> front;
  CHECK_EQ(front.attach(memory), 0);
  const auto meet = [](uint32_t* mine, const uint32_t* theirs, uint32_t round) {
    const Deadline deadline(30);
    store_release(mine, round);  // pairs with the acquire below, in the other thread
    for (uint32_t polls = 1; load_acquire(theirs) < round; polls++) {
      if (polls % 4096 != 0) continue;  // no cpu_relax: the closer the start, the better the race
      CHECK(!deadline.passed());
      std::this_thread::yield();
    }
  };

  std::thread sleeper([&] {
    BackRing<ControlGeometry> back;
    CHECK_EQ(back.attach(memory), 0);
    uint8_t box[64 * 8];
    for (uint32_t round = 1; round <= 2 * rounds;) {
      meet(&back_at.value, &front_at.value, round++);
      arm(&asleep.value);
      int32_t n = back.take_requests(box, 8);
      saw = n > 0;
      meet(&back_at.value, &front_at.value, round++);
      if (n == 0) n = back.take_requests(box, 8);
      CHECK_EQ(n, 1);
      disarm(&asleep.value);
      CHECK_EQ(back.push_responses(box, 1), 1);
    }
  });

  uint8_t box[64 * 8] = {};
  uint32_t unseen = 0;
  uint32_t late = 0;
  Random random(23);
  for (uint32_t round = 1; round <= 2 * rounds;) {
    meet(&front_at.value, &back_at.value, round++);
    for (uint32_t wait = random.below(64); wait > 0; wait--) compiler_fence();
    CHECK_EQ(front.push_requests(box, 1), 1);
    const bool claimed = claim(&asleep.value);
    meet(&front_at.value, &back_at.value, round++);
    CHECK(saw || claimed);
    unseen += saw ? 0U : 1U;
    late += claimed ? 0U : 1U;
    // The other thread has answered or will: the deadline of the next meeting limits this wait as well.
    while (front.take_responses(box, 8) == 0) std::this_thread::yield();
  }
  sleeper.join();
  std::printf("   %u rounds: %u asleep first, %u published first\n", rounds, unseen, late);
}

void words() {
  uint32_t word = 0;
  CHECK(!claim(&word));
  arm(&word);
  CHECK_EQ(word, 1);
  CHECK(claim(&word));
  CHECK(!claim(&word));
  arm(&word);
  disarm(&word);
  CHECK(!claim(&word));
  word = 7;  // an invalid value: no ring, and the word does not change
  CHECK(!claim(&word));
  CHECK_EQ(word, 7);
}

}  // namespace

int main() {
  run("words", words);
  run("one sees the other", [] { one_sees_the_other(100'000); });
  run("no wake-up is missed", [] { never_missed(60'000); });
  return 0;
}
