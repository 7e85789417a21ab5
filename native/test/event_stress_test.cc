// Notifiers against an owner that collects, masks, unmasks and sleeps. Each notifier publishes on some ports and then
// waits until the owner has seen it all, so a lost event or wake-up makes all of them wait for ever. The same run with
// one step left out must end that way, which shows that the test finds such a fault.
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "check.hpp"
#include "ctrl_if/doorbell.hpp"
#include "ctrl_if/event_channel.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::Random;
using ctrl_if::test::run;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kNotifiers = 3;
constexpr uint32_t kPortsEach = 40;

/// The step that is left out of a run.
enum class Broken { kNothing, kRecheckInUnmask, kLeftOver, kClearBeforePoll, kLastCheck };

struct alignas(128) Count {
  std::atomic<uint32_t> value{0};
};

struct Channels : EventChannels {
  using EventChannels::EventChannels;

  [[nodiscard]] bool unmask_without_check(uint32_t port) {
    (void)clear_bits(mask_word(port), bit(port));
    return false;
  }
  void drop_left_over() {
    for (uint32_t i = 0; i < kSelectorWords; i++) (void)exchange(word(kPageSelector) + i, 0);
  }
  void clear(uint32_t port) { (void)clear_bits(pending(port), bit(port)); }
  void set(uint32_t port) { (void)set_bits(pending(port), bit(port)); }
  uint32_t* asleep() { return word(kPageAsleep); }
};

class Run {
 public:
  Run(Broken broken, uint32_t rounds, int patience_ms) : broken_(broken), rounds_(rounds), patience_ms_(patience_ms) {
    CHECK(Doorbell::open(bell_).ok());
    CHECK(Ringer::open(PeerPath(static_cast<uint32_t>(::getpid()), static_cast<uint32_t>(bell_.write_fd())), ringer_)
              .ok());
    // Ports of one notifier lie among those of the others: in the same words, and in all four words of the selector.
    for (uint32_t i = 0; i < kNotifiers * kPortsEach; i++) ports_[i % kNotifiers].push_back(1 + i * 34);
  }

  /// False: an event or a wake-up was lost.
  bool nothing_lost() {
    std::vector<std::thread> notifiers;
    for (uint32_t i = 0; i < kNotifiers; i++) notifiers.emplace_back([this, i] { notify(i); });
    own();
    for (std::thread& notifier : notifiers) notifier.join();
    return !lost_.load();
  }

  [[nodiscard]] uint32_t sleeps() const { return sleeps_; }
  [[nodiscard]] uint32_t rings() const { return rings_.load(); }

 private:
  void notify(uint32_t self) {
    Channels events(page_);
    Random random(self + 71);
    for (uint32_t round = 0; round < rounds_ && !lost_.load(std::memory_order_relaxed); round++) {
      const uint32_t ports = 1 + random.below(6);
      uint32_t used[6];
      for (uint32_t i = 0; i < ports; i++) {
        const uint32_t port = used[i] = ports_[self][random.below(kPortsEach)];
        // relaxed: the bits order it, which is what this tests.
        published_[port].value.fetch_add(1, std::memory_order_relaxed);
        if (!events.notify(port)) continue;
        rings_.fetch_add(1, std::memory_order_relaxed);
        CHECK_EQ(ringer_.ring(), 0);
      }
      const auto end = Clock::now() + std::chrono::milliseconds(patience_ms_);
      for (uint32_t i = 0; i < ports; i++) {
        while (seen_[used[i]].value.load(std::memory_order_relaxed) !=
               published_[used[i]].value.load(std::memory_order_relaxed)) {
          std::this_thread::yield();
          if (lost_.load(std::memory_order_relaxed)) break;
          if (Clock::now() > end) lost_.store(true);
        }
      }
    }
    left_.fetch_sub(1);
    CHECK_EQ(ringer_.ring(), 0);  // the end is not an event
  }

  void own() {
    Channels events(page_);
    Random random(7);
    std::vector<uint32_t> masked;
    while (left_.load() > 0) {
      if (random.below(4) == 0) {
        masked.push_back(ports_[random.below(kNotifiers)][random.below(kPortsEach)]);
        events.mask(masked.back());
      }
      uint32_t count = 0;
      for (uint32_t polls = random.below(100); count == 0 && polls > 0; polls--) count = poll(events, random);
      if (count != 0) continue;
      // The owner unmasks a port before it sleeps.
      for (const uint32_t port : masked) {
        const bool fired =
            broken_ == Broken::kRecheckInUnmask ? events.unmask_without_check(port) : events.unmask(port);
        if (fired) count++;
      }
      masked.clear();
      if (count == 0) sleep(events, random);
    }
  }

  void sleep(Channels& events, Random& random) {
    arm(events.asleep());
    if (broken_ != Broken::kLastCheck && poll(events, random) != 0) {
      disarm(events.asleep());  // a notifier that has claimed it rings, and the next sleep is short
      return;
    }
    sleeps_++;
    while (!bell_.wait(10)) {
      if (lost_.load() || left_.load() == 0) break;  // the notifiers decide when an event counts as lost
    }
    disarm(events.asleep());
  }

  uint32_t poll(Channels& events, Random& random) {
    uint32_t ports[32];
    const uint32_t count = events.collect(ports, 1 + random.below(32));
    if (broken_ == Broken::kLeftOver) events.drop_left_over();
    if (broken_ == Broken::kClearBeforePoll) {
      for (uint32_t i = 0; i < count; i++) events.set(ports[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
      CHECK(ports[i] < kPorts);
      seen_[ports[i]].value.store(published_[ports[i]].value.load(std::memory_order_relaxed),
                                  std::memory_order_relaxed);
    }
    if (broken_ == Broken::kClearBeforePoll) {
      for (uint32_t i = 0; i < count; i++) events.clear(ports[i]);
    }
    return count;
  }

  alignas(4096) uint8_t page_[kPageBytes] = {};
  Count published_[kPorts];
  Count seen_[kPorts];
  Broken broken_;
  uint32_t rounds_;
  int patience_ms_;
  std::vector<uint32_t> ports_[kNotifiers];
  Doorbell bell_;
  Ringer ringer_;
  std::atomic<uint32_t> left_{kNotifiers};
  std::atomic<bool> lost_{false};
  std::atomic<uint32_t> rings_{0};
  uint32_t sleeps_ = 0;
};

void nothing_is_lost() {
  const auto all = std::make_unique<Run>(Broken::kNothing, 12'000, 20'000);
  CHECK(all->nothing_lost());
  std::printf("   slept %u times, rung %u times\n", all->sleeps(), all->rings());
  CHECK(all->sleeps() > 0);
}

void is_found(Broken broken) {
  const auto without = std::make_unique<Run>(broken, 1'000'000, 300);
  CHECK(!without->nothing_lost());
}

}  // namespace

int main() {
  run("no event is lost", nothing_is_lost);
  run("found: unmask does not check the pending bit", [] { is_found(Broken::kRecheckInUnmask); });
  run("found: collect drops the ports beyond its limit", [] { is_found(Broken::kLeftOver); });
  run("found: rings are polled before the bit is cleared", [] { is_found(Broken::kClearBeforePoll); });
  run("found: the owner sleeps without a last check", [] { is_found(Broken::kLastCheck); });
  return 0;
}
