// A lying peer does no harm. This tries every boundary of every check, at indices around 0, 2^31 and 2^32.
#include <cstring>
#include <vector>

#include "check.hpp"
#include "ctrl_if/ring.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::run;

constexpr uint32_t kSlots = 8;
constexpr uint32_t kStarts[] = {0, 5, 0x7ffffffc, 0x80000000, 0xfffffff8, 0xfffffffb, 0xffffffff};

struct Fixture {
  explicit Fixture(uint32_t from) : start(from), memory(520 / 4) {
    memory[0] = memory[1] = start;
    CHECK_EQ(front.attach(memory.data()), 0);
    CHECK_EQ(back.attach(memory.data()), 0);
  }
  uint32_t& req_prod() { return memory[0]; }
  uint32_t& rsp_prod() { return memory[1]; }

  uint32_t start;
  std::vector<uint32_t> memory;
  uint8_t box[64 * kSlots] = {};
  FrontRing<ControlGeometry> front;
  BackRing<ControlGeometry> back;
};

/// Every req_prod near every boundary, after `taken` requests were copied out and `answered` of them answered.
void request_index() {
  for (const uint32_t start : kStarts) {
    for (uint32_t taken = 0; taken <= kSlots; taken++) {
      for (uint32_t answered = 0; answered <= taken; answered++) {
        for (int32_t ahead = -20; ahead <= 20; ahead++) {
          Fixture f(start);
          CHECK_EQ(f.front.push_requests(f.box, taken), taken);
          CHECK_EQ(f.back.take_requests(f.box, kSlots), taken);
          CHECK_EQ(f.back.push_responses(f.box, answered), answered);
          const uint32_t lie = start + taken + static_cast<uint32_t>(ahead);
          const bool believable = ahead >= 0 && static_cast<uint32_t>(ahead) <= kSlots - (taken - answered);
          f.req_prod() = lie;
          std::memset(f.box, 0xaa, sizeof f.box);
          const int32_t got = f.back.take_requests(f.box, kSlots);
          if (believable) {
            CHECK_EQ(got, ahead);
            continue;
          }
          CHECK_EQ(got, kPeerIndex);
          for (const uint8_t byte : f.box) CHECK_EQ(byte, 0xaa);
          CHECK_EQ(f.back.outstanding(), taken - answered);
          CHECK_EQ(f.req_prod(), lie);
          CHECK_EQ(f.rsp_prod(), start + answered);
          f.req_prod() = start + taken;  // the torn index is complete: the ring goes on
          CHECK_EQ(f.back.take_requests(f.box, kSlots), 0);
          CHECK_EQ(f.back.push_responses(f.box, taken - answered), taken - answered);
        }
      }
    }
  }
}

/// Every rsp_prod near every boundary, with `asked` requests outstanding, before and after a part was answered.
void response_index() {
  for (const uint32_t start : kStarts) {
    for (uint32_t asked = 0; asked <= kSlots; asked++) {
      for (uint32_t consumed = 0; consumed <= asked; consumed++) {
        for (int32_t ahead = -20; ahead <= 20; ahead++) {
          Fixture f(start);
          CHECK_EQ(f.front.push_requests(f.box, asked), asked);
          f.rsp_prod() = start + consumed;
          CHECK_EQ(f.front.take_responses(f.box, kSlots), consumed);
          const uint32_t lie = start + consumed + static_cast<uint32_t>(ahead);
          const bool believable = ahead >= 0 && static_cast<uint32_t>(ahead) <= asked - consumed;
          f.rsp_prod() = lie;
          std::memset(f.box, 0xaa, sizeof f.box);
          const int32_t got = f.front.take_responses(f.box, kSlots);
          if (believable) {
            CHECK_EQ(got, ahead);
            continue;
          }
          CHECK_EQ(got, kPeerIndex);
          for (const uint8_t byte : f.box) CHECK_EQ(byte, 0xaa);
          CHECK_EQ(f.front.free_requests(), kSlots - (asked - consumed));
          CHECK_EQ(f.req_prod(), start + asked);
          f.rsp_prod() = start + asked;
          CHECK_EQ(f.front.take_responses(f.box, kSlots), asked - consumed);
          CHECK_EQ(f.front.free_requests(), kSlots);
        }
      }
    }
  }
}

/// Attach accepts at most `slots` unanswered requests, as front and as back.
void attach_index() {
  for (const uint32_t start : kStarts) {
    for (int32_t ahead = -20; ahead <= 20; ahead++) {
      std::vector<uint32_t> memory(520 / 4);
      memory[0] = start + static_cast<uint32_t>(ahead);
      memory[1] = start;
      const bool believable = ahead >= 0 && ahead <= static_cast<int32_t>(kSlots);
      FrontRing<ControlGeometry> front;
      BackRing<ControlGeometry> back;
      CHECK_EQ(front.attach(memory.data()), believable ? ahead : kPeerIndex);
      CHECK_EQ(back.attach(memory.data()), believable ? ahead : kPeerIndex);
      CHECK_EQ(memory[0], start + static_cast<uint32_t>(ahead));
      CHECK_EQ(memory[1], start);
    }
  }
}

/// More responses than taken requests are refused as a whole, even when more requests are published (H6).
void unsolicited_responses() {
  for (const uint32_t start : kStarts) {
    for (uint32_t taken = 0; taken <= kSlots; taken++) {
      Fixture f(start);
      CHECK_EQ(f.front.push_requests(f.box, kSlots), kSlots);
      CHECK_EQ(f.back.take_requests(f.box, taken), taken);
      const std::vector<uint32_t> before = f.memory;
      CHECK_EQ(f.back.push_responses(f.box, taken + 1), kNotOutstanding);
      CHECK_EQ(f.back.push_responses(f.box, 0xffffffff), kNotOutstanding);
      CHECK(f.memory == before);
      CHECK_EQ(f.back.push_responses(f.box, taken), taken);
      CHECK_EQ(f.back.push_responses(f.box, 1), kNotOutstanding);
    }
  }
}

/// The front writes its own index to shared memory and never reads it back, so the peer cannot change it.
void overwritten_own_index() {
  Fixture f(0);
  f.req_prod() = 0xdead;
  CHECK_EQ(f.front.push_requests(f.box, 1), 1);
  CHECK_EQ(f.req_prod(), 1);
  CHECK_EQ(f.back.take_requests(f.box, 8), 1);
  f.rsp_prod() = 0xbeef;
  CHECK_EQ(f.back.push_responses(f.box, 1), 1);
  CHECK_EQ(f.rsp_prod(), 1);
  CHECK_EQ(f.front.take_responses(f.box, 8), 1);
}

}  // namespace

int main() {
  run("request index", request_index);
  run("response index", response_index);
  run("attach index", attach_index);
  run("unsolicited responses", unsolicited_responses);
  run("overwritten own index", overwritten_own_index);
  return 0;
}
