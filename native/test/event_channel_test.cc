// Event channels in one thread: the bits that each call leaves in the page, the ports that collect reports and their
// order. No pattern of bits in the page does harm.
#include "ctrl_if/event_channel.hpp"

#include <cstring>
#include <set>
#include <vector>

#include "check.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::Random;
using ctrl_if::test::run;

struct alignas(4096) Page {
  uint8_t bytes[kPageBytes] = {};
  uint32_t& word(size_t offset) { return *reinterpret_cast<uint32_t*>(bytes + offset); }
  uint32_t& asleep() { return word(kPageAsleep); }
  bool all_zero() {
    const Page zero;
    return std::memcmp(bytes, zero.bytes, kPageBytes) == 0;
  }
};

std::vector<uint32_t> collect(EventChannels& events, uint32_t max) {
  std::vector<uint32_t> ports(max + 1, 77);
  const uint32_t count = events.collect(ports.data(), max);
  CHECK(count <= max);
  CHECK_EQ(ports[count], 77);
  ports.resize(count);
  return ports;
}

using Ports = std::vector<uint32_t>;

void where_the_bits_lie() {
  Page page;
  EventChannels events(page.bytes);
  CHECK(!events.notify(1));
  CHECK(!events.notify(4095));
  CHECK(!events.notify(1056));
  events.mask(35);
  CHECK_EQ(page.word(3072), 2);
  CHECK_EQ(page.word(3072 + 127 * 4), 0x80000000);
  CHECK_EQ(page.word(3072 + 33 * 4), 1);
  CHECK_EQ(page.word(2816), 1);
  CHECK_EQ(page.word(2816 + 4), 2);
  CHECK_EQ(page.word(2816 + 12), 0x80000000);
  CHECK_EQ(page.word(3584 + 4), 8);
  CHECK(collect(events, 8) == (Ports{1, 1056, 4095}));
  CHECK(!events.unmask(35));
  CHECK(page.all_zero());
}

void one_ring_a_sleep() {
  Page page;
  EventChannels events(page.bytes);
  arm(&page.asleep());
  CHECK(events.notify(5));
  CHECK(!events.notify(6));  // the doorbell rings already
  arm(&page.asleep());
  CHECK(!events.notify(5));  // coalesced: the sleeper sees it in its last check
  CHECK(collect(events, 8) == (Ports{5, 6}));
  CHECK(events.notify(5));
}

void masked_events_wait() {
  Page page;
  EventChannels events(page.bytes);
  events.mask(9);
  arm(&page.asleep());
  CHECK(!events.notify(9));
  CHECK_EQ(events.status(9), kPortPending | kPortMasked);
  CHECK(collect(events, 8).empty());
  CHECK(events.unmask(9));
  CHECK_EQ(events.status(9), kPortPending);
  CHECK(collect(events, 8) == Ports{9});
  CHECK_EQ(events.status(9), 0);
  // Masked between the notify and the collect.
  CHECK(events.notify(9));
  events.mask(9);
  CHECK(collect(events, 8).empty());
  CHECK(events.unmask(9));
  CHECK(collect(events, 8) == Ports{9});
}

/// For any `max`, every port is reported once, and the page is then as before.
void left_over_is_kept() {
  for (uint32_t max = 1; max < 40; max++) {
    Page page;
    EventChannels events(page.bytes);
    Random random(max);
    std::set<uint32_t> fired;
    for (uint32_t i = 0; i < 200; i++) {
      const uint32_t port = i % 3 == 0 ? random.below(64) : random.below(kPorts);
      fired.insert(port);
      (void)events.notify(port);
    }
    std::set<uint32_t> reported;
    for (;;) {
      const Ports some = collect(events, max);
      for (const uint32_t port : some) CHECK(reported.insert(port).second);
      if (some.size() < max) break;
    }
    CHECK(reported == fired);
    CHECK(page.all_zero());
  }
  Page page;
  EventChannels events(page.bytes);
  (void)events.notify(3);
  CHECK(collect(events, 0).empty());
  CHECK(collect(events, 1) == Ports{3});
}

/// Ports that fire again before each collect take turns with all others.
void no_port_starves() {
  for (const uint32_t busy : {0U, 1U, 31U, 2000U, 4095U}) {
    Page page;
    EventChannels events(page.bytes);
    for (uint32_t port = 0; port < kPorts; port += 61) (void)events.notify(port);
    std::set<uint32_t> reported;
    for (uint32_t turn = 0; turn < 2 * 68 + 2; turn++) {
      (void)events.notify(busy);
      (void)events.notify((busy + 1) % kPorts);
      for (const uint32_t port : collect(events, 1)) reported.insert(port);
    }
    for (uint32_t port = 0; port < kPorts; port += 61) CHECK(reported.count(port) == 1);
  }
}

void any_bits_are_legal() {
  Page page;
  EventChannels events(page.bytes);
  std::memset(page.bytes + kPageSelector, 0xff, 16);
  CHECK(collect(events, 8).empty());  // no pending port
  CHECK(page.all_zero());

  std::memset(page.bytes + kPageSelector, 0xff, kPageBytes - kPageSelector);
  CHECK(collect(events, kPorts).empty());  // all masked
  std::memset(page.bytes + kPageSelector, 0xff, 16);
  std::memset(page.bytes + kPageMask, 0, 512);
  const Ports all = collect(events, kPorts);
  CHECK_EQ(all.size(), kPorts);
  for (uint32_t port = 0; port < kPorts; port++) CHECK_EQ(all[port], port);

  Random random(3);
  for (uint32_t round = 0; round < 2000; round++) {
    for (size_t offset = kPageSelector; offset < kPageBytes; offset += 4) page.word(offset) = random.below(UINT32_MAX);
    for (const uint32_t port : collect(events, 1 + random.below(64))) CHECK(port < kPorts);
  }
  // Bytes before the selector, and between the selector and the pending bits, are untouched.
  std::memset(page.bytes + kPageSelector, 0, 16);
  std::memset(page.bytes + kPagePending, 0, kPageBytes - kPagePending);
  for (size_t offset = kPageSelector + 16; offset < kPagePending; offset += 4) page.word(offset) = 0;
  CHECK(page.all_zero());
}

}  // namespace

int main() {
  run("where the bits lie", where_the_bits_lie);
  run("one ring a sleep", one_ring_a_sleep);
  run("masked events wait", masked_events_wait);
  run("ports beyond the limit stay pending", left_over_is_kept);
  run("no port starves", no_port_starves);
  run("any bits are legal", any_bits_are_legal);
  return 0;
}
