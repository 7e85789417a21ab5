// Honest halves: order, batches, full and empty rings, the wrap at 2^32, attach.
#include "ctrl_if/ring.hpp"

#include <cstring>
#include <vector>

#include "check.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::run;

/// Memory exactly as long as the ring, so that the sanitizer finds an access outside it.
template <class Geometry>
struct Fixture {
  explicit Fixture(Geometry geometry = Geometry(), uint32_t start = 0)
      : memory((ring_bytes(geometry.entry_bytes(), geometry.slots())) / 4),
        entries(geometry.slots() * 2 * geometry.entry_bytes()),
        front(geometry),
        back(geometry) {
    memory[0] = start;
    memory[1] = start;
    CHECK_EQ(front.attach(memory.data()), 0);
    CHECK_EQ(back.attach(memory.data()), 0);
  }

  // Entry i of a batch carries its number in its first and last word.
  const uint8_t* numbered(uint32_t first, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
      const uint32_t number = first + i;
      uint8_t* entry = entries.data() + size_t{i} * front.entry_bytes();
      std::memcpy(entry, &number, 4);
      std::memcpy(entry + front.entry_bytes() - 4, &number, 4);
    }
    return entries.data();
  }
  void expect(uint32_t first, uint32_t n) const {
    for (uint32_t i = 0; i < n; i++) {
      uint32_t head = 0;
      uint32_t tail = 0;
      const uint8_t* entry = entries.data() + size_t{i} * front.entry_bytes();
      std::memcpy(&head, entry, 4);
      std::memcpy(&tail, entry + front.entry_bytes() - 4, 4);
      CHECK_EQ(head, first + i);
      CHECK_EQ(tail, first + i);
    }
  }
  uint8_t* scratch() {
    std::memset(entries.data(), 0xee, entries.size());
    return entries.data();
  }

  std::vector<uint32_t> memory;
  std::vector<uint8_t> entries;
  FrontRing<Geometry> front;
  BackRing<Geometry> back;
};

/// Round trips of every batch size, starting at `start`.
template <class Geometry>
void round_trips(Geometry geometry, uint32_t start) {
  Fixture<Geometry> f(geometry, start);
  const uint32_t slots = geometry.slots();
  uint32_t number = 1000;
  for (uint32_t lap = 0; lap < 4; lap++) {
    for (uint32_t n = 1; n <= slots; n++) {
      CHECK_EQ(f.back.take_requests(f.scratch(), slots), 0);
      CHECK_EQ(f.front.push_requests(f.numbered(number, n), n), n);
      CHECK_EQ(f.front.take_responses(f.scratch(), slots), 0);
      CHECK_EQ(f.back.take_requests(f.scratch(), slots), n);
      f.expect(number, n);
      CHECK_EQ(f.back.push_responses(f.numbered(~number, n), n), n);
      CHECK_EQ(f.front.take_responses(f.scratch(), slots), n);
      f.expect(~number, n);
      number += n;
    }
  }
  CHECK_EQ(f.memory[0], start + (number - 1000));
  CHECK_EQ(f.memory[1], f.memory[0]);
}

template <class Geometry>
void full_and_empty(Geometry geometry) {
  Fixture<Geometry> f(geometry, 0xfffffffd);
  const uint32_t slots = geometry.slots();
  CHECK_EQ(f.front.free_requests(), slots);
  CHECK_EQ(f.front.push_requests(f.numbered(0, slots + 3), slots + 3), slots);  // all slots may be outstanding
  CHECK_EQ(f.front.push_requests(f.numbered(0, 1), 1), 0);
  CHECK_EQ(f.back.take_requests(f.scratch(), slots + 3), slots);
  f.expect(0, slots);
  CHECK_EQ(f.front.push_requests(f.numbered(0, 1), 1), 0);  // a taken request does not free its slot, a response does
  CHECK_EQ(f.back.push_responses(f.numbered(50, 1), 1), 1);
  CHECK_EQ(f.front.push_requests(f.numbered(0, 1), 1),
           0);  // a published response does not free its slot before it is taken
  CHECK_EQ(f.front.take_responses(f.scratch(), slots), 1);
  f.expect(50, 1);
  CHECK_EQ(f.front.push_requests(f.numbered(70, 2), 2), 1);
  CHECK_EQ(f.back.take_requests(f.scratch(), slots), 1);
  f.expect(70, 1);
}

/// A small `max` leaves the rest, and the cached index serves it without another load of the peer's index.
void parts_of_a_batch() {
  Fixture<ControlGeometry> f;
  CHECK_EQ(f.front.push_requests(f.numbered(0, 5), 5), 5);
  CHECK_EQ(f.back.take_requests(f.scratch(), 0), 0);
  CHECK_EQ(f.back.take_requests(f.scratch(), 2), 2);
  f.expect(0, 2);
  f.memory[0] = 0x7fffffff;  // invalid, and not loaded while requests are known
  CHECK_EQ(f.back.take_requests(f.scratch(), 8), 3);
  f.expect(2, 3);
  CHECK_EQ(f.back.take_requests(f.scratch(), 8), kPeerIndex);
  f.memory[0] = 5;
  CHECK_EQ(f.back.push_responses(f.numbered(0, 5), 5), 5);
  CHECK_EQ(f.front.take_responses(f.scratch(), 4), 4);
  CHECK_EQ(f.front.free_requests(), 7);
  CHECK_EQ(f.front.take_responses(f.scratch(), 4), 1);
  f.expect(4, 1);
}

/// A response goes to the next response slot, whichever request it answers.
void answers_out_of_order() {
  Fixture<ControlGeometry> f;
  CHECK_EQ(f.front.push_requests(f.numbered(0, 3), 3), 3);
  CHECK_EQ(f.back.take_requests(f.scratch(), 3), 3);
  for (const uint32_t number : {2U, 0U, 1U}) CHECK_EQ(f.back.push_responses(f.numbered(number, 1), 1), 1);
  CHECK_EQ(f.front.take_responses(f.scratch(), 8), 3);
  uint32_t got[3];
  for (size_t i = 0; i < 3; i++) std::memcpy(&got[i], f.entries.data() + i * 64, 4);
  CHECK(got[0] == 2 && got[1] == 0 && got[2] == 1);
}

/// A new back serves the requests that the old one took and never answered; a new front counts them as outstanding.
void attach_resumes() {
  Fixture<ControlGeometry> f(ControlGeometry(), 0xfffffffe);
  CHECK_EQ(f.front.push_requests(f.numbered(10, 6), 6), 6);
  CHECK_EQ(f.back.take_requests(f.scratch(), 4), 4);
  CHECK_EQ(f.back.push_responses(f.numbered(10, 2), 2), 2);

  BackRing<ControlGeometry> successor;
  CHECK_EQ(successor.attach(f.memory.data()), 4);
  CHECK_EQ(successor.outstanding(), 0);
  CHECK_EQ(successor.push_responses(f.numbered(0, 1), 1), kNotOutstanding);
  CHECK_EQ(successor.take_requests(f.scratch(), 8), 4);
  f.expect(12, 4);

  FrontRing<ControlGeometry> new_front;  // it does not get the two published responses, but counts the four requests
  CHECK_EQ(new_front.attach(f.memory.data()), 4);
  CHECK_EQ(new_front.free_requests(), 4);
  CHECK_EQ(successor.push_responses(f.numbered(12, 4), 4), 4);
  CHECK_EQ(new_front.take_responses(f.scratch(), 8), 4);
  f.expect(12, 4);
  CHECK_EQ(new_front.free_requests(), 8);
}

void repeated_polls() {
  Fixture<ControlGeometry> f;
  CHECK_EQ(f.back.take_requests_spinning(f.scratch(), 8, 0), 0);
  CHECK_EQ(f.back.take_requests_spinning(f.scratch(), 8, 1000), 0);
  CHECK_EQ(f.front.push_requests(f.numbered(3, 1), 1), 1);
  CHECK_EQ(f.back.take_requests_spinning(f.scratch(), 8, 1000), 1);
  CHECK_EQ(f.front.take_responses_spinning(f.scratch(), 8, 10), 0);
  f.memory[1] = 2;
  CHECK_EQ(f.front.take_responses_spinning(f.scratch(), 8, 1000), kPeerIndex);
}

}  // namespace

int main() {
  for (const uint32_t start : {0U, 0xfffffff9U, 0x7ffffffeU}) {
    run("round trips, 64 x 8", [&] { round_trips(ControlGeometry(), start); });
    run("round trips, 64 x 8 dynamic", [&] { round_trips(DynamicGeometry(64, 8), start); });
    run("round trips, 4 x 1", [&] { round_trips(DynamicGeometry(4, 1), start); });
    run("round trips, 16 x 256", [&] { round_trips(DynamicGeometry(16, 256), start); });
    run("round trips, 12 x 2", [&] { round_trips(FixedGeometry<12, 2>(), start); });
  }
  run("full and empty", [] { full_and_empty(ControlGeometry()); });
  run("full and empty, dynamic", [] { full_and_empty(DynamicGeometry(20, 16)); });
  run("parts of a batch", parts_of_a_batch);
  run("answers out of order", answers_out_of_order);
  run("attach resumes", attach_resumes);
  run("repeated polls", repeated_polls);
  return 0;
}
