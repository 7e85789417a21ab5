// Two threads, which check every entry: sequence numbers in order, whole entries, one answer each. Clean under TSan.
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "check.hpp"
#include "ctrl_if/ring.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::Deadline;
using ctrl_if::test::Random;
using ctrl_if::test::run;

// An entry has a multiple of 8 bytes. Every word of it carries the number, so that a torn copy is found.
template <class Geometry>
class Box {
 public:
  explicit Box(Geometry geometry) : words_(geometry.entry_bytes() / 4), entries_(size_t{geometry.slots()} * words_) {}
  void fill(uint32_t index, uint32_t number) {
    for (uint32_t w = 0; w < words_; w++) entries_[size_t{index} * words_ + w] = number + w;
  }
  void expect(uint32_t index, uint32_t number) const {
    for (uint32_t w = 0; w < words_; w++) CHECK_EQ(entries_[size_t{index} * words_ + w], uint32_t{number + w});
  }
  uint32_t* data() { return entries_.data(); }

 private:
  uint32_t words_;
  std::vector<uint32_t> entries_;
};

template <class Geometry>
void serve(Geometry geometry, void* memory, uint32_t messages) {
  BackRing<Geometry> back(geometry);
  CHECK(back.attach(memory) >= 0);  // there may be requests already
  Box<Geometry> box(geometry);
  Random random(7);
  const Deadline deadline(50);
  uint32_t taken = 0;
  uint32_t answered = 0;
  while (answered < messages) {
    const int32_t got = back.take_requests_spinning(box.data(), 1 + random.below(geometry.slots()), 100);
    CHECK(got >= 0);
    for (int32_t i = 0; i < got; i++) box.expect(static_cast<uint32_t>(i), taken++);
    // Sometimes leave some unanswered, so that later answers go to slots of other requests.
    uint32_t n = back.outstanding();
    if (taken < messages && n > 0) n = random.below(n + 1);
    for (uint32_t i = 0; i < n; i++) box.fill(i, ~(answered + i));
    CHECK_EQ(back.push_responses(box.data(), n), n);
    answered += n;
    if (got == 0) {
      CHECK(!deadline.passed());
      std::this_thread::yield();
    }
  }
}

template <class Geometry>
void stream(Geometry geometry, uint32_t start, uint32_t messages) {
  std::vector<uint32_t> memory(ring_bytes(geometry.entry_bytes(), geometry.slots()) / 4);
  memory[0] = memory[1] = start;
  FrontRing<Geometry> front(geometry);
  CHECK_EQ(front.attach(memory.data()), 0);
  std::thread peer([&] { serve(geometry, memory.data(), messages); });
  Box<Geometry> box(geometry);
  Random random(3);
  const Deadline deadline(50);
  uint32_t asked = 0;
  uint32_t answered = 0;
  while (answered < messages) {
    const uint32_t n = std::min(1 + random.below(geometry.slots()), messages - asked);
    for (uint32_t i = 0; i < n; i++) box.fill(i, asked + i);
    const int32_t pushed = front.push_requests(box.data(), n);
    CHECK(pushed >= 0);
    asked += static_cast<uint32_t>(pushed);
    const int32_t got = front.take_responses_spinning(box.data(), 1 + random.below(geometry.slots()), 100);
    CHECK(got >= 0);
    for (int32_t i = 0; i < got; i++) box.expect(static_cast<uint32_t>(i), ~(answered++));
    if (got == 0) {
      CHECK(!deadline.passed());
      std::this_thread::yield();
    }
  }
  peer.join();
  CHECK_EQ(memory[0], uint32_t{start + messages});
  CHECK_EQ(memory[1], uint32_t{start + messages});
}

}  // namespace

int main() {
  // Starting below 2^32, so that every run crosses the wrap.
  run("stream 64 x 8", [] { stream(ControlGeometry(), 0xffff0000, 500'000); });
  run("stream 16 x 256", [] { stream(DynamicGeometry(16, 256), 0xfff00000, 1'200'000); });
  run("stream 8 x 1", [] { stream(DynamicGeometry(8, 1), 0xffffff00, 50'000); });
  return 0;
}
