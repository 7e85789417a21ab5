// The wide stream: batches over a ring of any width. The response to each request is an entry of its own, made in
// place. The peers in bench/peers/ring.ts do the same work, step by step: change both sides of that comparison
// together.
//
// A side publishes whenever it has staged a whole batch, and publishes the rest before it polls again. So the two work
// at the same time while a batch is shorter than the ring; with a batch of all slots they take turns.
#pragma once

#include <sys/types.h>

#include "common.hpp"
#include "ctrl_if/ring.hpp"

namespace limit {

/// The entries that a side fills before it publishes. All bytes except mark and sequence number are written once.
template <uint32_t Bytes, uint32_t Slots>
class Outbox {
 public:
  explicit Outbox(uint32_t batch) : batch_(batch < Slots ? batch : Slots) {
    for (auto& entry : entries_) initialize(entry);
  }

  /// True when a batch is full, and must be published before the next.
  bool stage(uint32_t sequence, uint8_t mark) {
    entries_[staged_].mark = mark;
    entries_[staged_].sequence = sequence;
    return ++staged_ == batch_;
  }

  template <class Push>
  void publish(Push push) {
    if (push(entries_, staged_) != static_cast<int32_t>(staged_)) die("an entry found no room");
    staged_ = 0;
  }

 private:
  Entry<Bytes> entries_[Slots];
  uint32_t batch_;
  uint32_t staged_ = 0;
};

template <uint32_t Bytes, uint32_t Slots>
class WideBack {
 public:
  explicit WideBack(const Options& options) : outbox_(options.batch) {}

  /// Answers in order until it has answered kStop. Returns the CPU time from kBegin to kEnd.
  double serve(void* memory) {
    if (ring_.attach(memory) < 0) die("the back cannot attach");
    while (!checker_.stopped()) {
      const int32_t n = ring_.take_requests_spinning(inbox_, Slots, kPolls);
      if (n < 0) die("the front's index is wrong");
      for (int32_t i = 0; i < n; i++) {
        checker_.check(inbox_[i]);
        if (outbox_.stage(inbox_[i].sequence, 0)) publish();
      }
      publish();
    }
    return checker_.spent();
  }

 private:
  void publish() {
    outbox_.publish([this](const void* entries, uint32_t n) { return ring_.push_responses(entries, n); });
  }

  ctrl_if::BackRing<ctrl_if::FixedGeometry<Bytes, Slots>> ring_;
  Outbox<Bytes, Slots> outbox_;
  Entry<Bytes> inbox_[Slots];
  Checker checker_;
};

template <uint32_t Bytes, uint32_t Slots>
class WideFront {
 public:
  WideFront(void* memory, pid_t peer, const Options& options) : outbox_(options.batch), peer_(peer) {
    if (ring_.attach(memory) != 0) die("the front cannot attach");
  }

  void round_trips(uint32_t count, uint8_t mark = 0) {
    for (uint32_t i = 0; i < count; i++) {
      (void)outbox_.stage(sent_++, mark);
      publish();
      if (take() != 1) die("more came than was asked");
    }
  }

  /// Keeps every slot in use until `ms` have passed; returns how many messages came back in `elapsed_ns`.
  uint32_t stream_for(double ms, double& elapsed_ns) {
    const double began = now_ns();
    const double deadline = began + ms * 1e6;
    send(Slots);
    uint32_t received = 0;
    for (uint32_t next_check = kClockInterval;;) {
      const uint32_t n = take();
      received += n;
      if (received >= next_check) {
        next_check = received + kClockInterval;
        const double now = now_ns();
        if (now >= deadline) {
          elapsed_ns = now - began;
          break;
        }
      }
      send(n);
    }
    while (expected_ != sent_) (void)take();
    return received;
  }

 private:
  void send(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
      if (outbox_.stage(sent_++, 0)) publish();
    }
    publish();
  }

  void publish() {
    outbox_.publish([this](const void* entries, uint32_t n) { return ring_.push_requests(entries, n); });
  }

  uint32_t take() { return take_in_order(ring_, inbox_, Slots, peer_, expected_); }

  ctrl_if::FrontRing<ctrl_if::FixedGeometry<Bytes, Slots>> ring_;
  Outbox<Bytes, Slots> outbox_;
  Entry<Bytes> inbox_[Slots];
  uint32_t sent_ = 0;
  uint32_t expected_ = 0;
  pid_t peer_;
};

}  // namespace limit
