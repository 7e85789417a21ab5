// The limit: two C++ processes on the same rings that ctrl-if uses, each spinning on its own core. Any time beyond
// these figures is the cost of JavaScript.
//
//   limit rtt|stream|wide [--entry BYTES] [--slots N] [--batch N] [--cpus A,B] [--warmup-ms N] [--timed-ms N]
//
// `wide` is for rings other than the control ring. Only `wide` uses --batch (wide.hpp).
//
// Prints the JSON that bench/peers/samples.ts describes. The peers in bench/peers/ring.ts do the same work, step by
// step: change both sides of that comparison together.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "common.hpp"
#include "ctrl_if/descriptor.hpp"
#include "ctrl_if/ring.hpp"
#include "ctrl_if/segment.hpp"
#include "wide.hpp"

namespace {

using namespace ctrl_if;
using namespace limit;

template <uint32_t Bytes, uint32_t Slots>
class Back {
 public:
  explicit Back(const Options& /*options*/) {}

  /// Echoes in order until it has answered kStop. Returns the CPU time from kBegin to kEnd.
  double serve(void* memory) {
    // There may be requests already: attach counts them, and the first take finds them.
    if (ring_.attach(memory) < 0) die("the back cannot attach");
    while (!checker_.stopped()) {
      const int32_t n = ring_.take_requests_spinning(box_, Slots, kPolls);
      if (n < 0) die("the front's index is wrong");
      for (int32_t i = 0; i < n; i++) checker_.check(box_[i]);
      if (ring_.push_responses(box_, static_cast<uint32_t>(n)) != n) die("a response found no room");
    }
    return checker_.spent();
  }

 private:
  BackRing<FixedGeometry<Bytes, Slots>> ring_;
  Entry<Bytes> box_[Slots];
  Checker checker_;
};

template <uint32_t Bytes, uint32_t Slots>
class Front {
 public:
  Front(void* memory, pid_t peer, const Options& /*options*/) : peer_(peer) {
    if (ring_.attach(memory) != 0) die("the front cannot attach");
    for (auto& entry : outgoing_) initialize(entry);
  }

  void round_trips(uint32_t count, uint8_t mark = 0) {
    for (uint32_t i = 0; i < count; i++) {
      outgoing_[0].sequence = sent_++;
      outgoing_[0].mark = mark;
      if (ring_.push_requests(outgoing_, 1) != 1) die("a request found no room");
      if (take(1) != 1) die("more came than was asked");
    }
    outgoing_[0].mark = 0;
  }

  /// Keeps every slot in use until `ms` have passed; returns how many messages came back in `elapsed_ns`.
  uint32_t stream_for(double ms, double& elapsed_ns) {
    const double began = now_ns();
    const double deadline = began + ms * 1e6;
    send(Slots);
    uint32_t received = 0;
    for (uint32_t next_check = kClockInterval;;) {
      const uint32_t n = take(Slots);
      received += n;
      if (received >= next_check) {
        next_check += kClockInterval;
        const double now = now_ns();
        if (now >= deadline) {
          elapsed_ns = now - began;
          break;
        }
      }
      send(n);
    }
    while (expected_ != sent_) (void)take(Slots);
    return received;
  }

 private:
  void send(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) outgoing_[i].sequence = sent_++;
    if (ring_.push_requests(outgoing_, count) != static_cast<int32_t>(count)) die("a request found no room");
  }

  uint32_t take(uint32_t max) { return take_in_order(ring_, incoming_, max, peer_, expected_); }

  FrontRing<FixedGeometry<Bytes, Slots>> ring_;
  Entry<Bytes> outgoing_[Slots];
  Entry<Bytes> incoming_[Slots];
  uint32_t sent_ = 0;
  uint32_t expected_ = 0;
  pid_t peer_;
};

std::string list(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) text += (text.size() > 1 ? "," : "") + std::to_string(static_cast<int64_t>(value));
  return text + "]";
}

struct Samples {
  std::vector<double> batches;
  std::vector<double> singles;
  double messages = 0;
  double elapsed_ns = 0;
};

template <class Front>
void time_round_trips(Front& front, uint32_t a_sample, double ms, std::vector<double>& samples) {
  samples.assign(kMaxSamples, 0);  // touched now, so that there are no page faults while the clock runs
  size_t count = 0;
  for (const double deadline = now_ns() + ms * 1e6; now_ns() < deadline && count < kMaxSamples;) {
    const double began = now_ns();
    front.round_trips(a_sample);
    samples[count++] = now_ns() - began;
  }
  samples.resize(count);
}

template <class Front>
Samples measure(Front& front, const Options& options) {
  Samples samples;
  if (options.mode != Options::Mode::kRoundTrips) {
    (void)front.stream_for(options.warmup_ms, samples.elapsed_ns);
  } else {
    for (const double deadline = now_ns() + options.warmup_ms * 1e6; now_ns() < deadline;) front.round_trips(256);
  }
  return samples;
}

template <class Front, class Back>
void run_sides(const Options& options, uint64_t bytes) {
  const std::string name = "/ctrl-if-limit." + std::to_string(::getpid());
  Segment segment;
  if (!Segment::create(name.c_str(), bytes, segment).ok()) die("cannot create " + name);
  (void)Segment::unlink(name.c_str());  // the child inherits the mapping
  Pipe report;
  if (!Pipe::open(0, report).ok()) die("no pipe");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) die("cannot fork");
  if (child == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(1);  // the parent died before the line above
    pin(options.cpus[1]);
    // Not on the stack: the arrays for 1024 entries of 1024 bytes have two megabytes.
    const double spent = std::make_unique<Back>(options)->serve(segment.base());
    std::_Exit(::write(report.write.get(), &spent, sizeof spent) == sizeof spent ? 0 : 1);
  }
  pin(options.cpus[0]);
  const auto owner = std::make_unique<Front>(segment.base(), child, options);
  Front& front = *owner;
  Samples samples = measure(front, options);

  front.round_trips(1, kBegin);
  mark_trace("/ctrl-if-bench-begin");
  const double cpu_began = cpu_ns();
  if (options.mode != Options::Mode::kRoundTrips) {
    samples.messages = front.stream_for(options.timed_ms, samples.elapsed_ns);
  } else {
    const double began = now_ns();
    time_round_trips(front, kRoundTripsASample, options.timed_ms / 2, samples.batches);
    samples.elapsed_ns = now_ns() - began;
    samples.messages = static_cast<double>(samples.batches.size()) * kRoundTripsASample;
  }
  double spent = cpu_ns() - cpu_began;
  mark_trace("/ctrl-if-bench-end");
  front.round_trips(1, kEnd);
  if (options.mode == Options::Mode::kRoundTrips) time_round_trips(front, 1, options.timed_ms / 2, samples.singles);
  front.round_trips(1, kStop);

  double peer_spent = 0;
  if (::read(report.read.get(), &peer_spent, sizeof peer_spent) != sizeof peer_spent) die("the back gave no report");
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) die("the back failed");
  spent += peer_spent;
  (void)std::printf(
      R"({"roundTripsASample":%u,"batchNs":%s,"singleNs":%s,"messages":%.0f,"elapsedNs":%.0f,"cpuNs":%.0f})"
      "\n",
      kRoundTripsASample, list(samples.batches).c_str(), list(samples.singles).c_str(), samples.messages,
      samples.elapsed_ns, spent);
}

template <uint32_t Bytes, uint32_t Slots>
void run(const Options& options) {
  const uint64_t bytes = 4096 + ring_bytes(Bytes, Slots);
  if (options.mode == Options::Mode::kWide)
    run_sides<WideFront<Bytes, Slots>, WideBack<Bytes, Slots>>(options, bytes);
  else
    run_sides<Front<Bytes, Slots>, Back<Bytes, Slots>>(options, bytes);
}

template <uint32_t Bytes>
void run_entry(const Options& options) {
  switch (options.slots) {
    case 8:
      return run<Bytes, 8>(options);
    case 64:
      return run<Bytes, 64>(options);
    case 256:
      return run<Bytes, 256>(options);
    case 1024:
      return run<Bytes, 1024>(options);
    default:
      die("--slots must be 8, 64, 256 or 1024, which are compiled in");
  }
}

Options parse(int argc, char** argv) {
  Options options;
  if (argc < 2) die("usage: limit rtt|stream|wide [options]");
  const std::string mode = argv[1];
  if (mode == "stream")
    options.mode = Options::Mode::kStream;
  else if (mode == "wide")
    options.mode = Options::Mode::kWide;
  else if (mode != "rtt")
    die("the first argument is rtt, stream or wide");
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    const char* value = argv[i + 1];
    if (key == "--entry")
      options.entry = static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
    else if (key == "--slots")
      options.slots = static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
    else if (key == "--batch")
      options.batch = static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
    else if (key == "--warmup-ms")
      options.warmup_ms = std::strtod(value, nullptr);
    else if (key == "--timed-ms")
      options.timed_ms = std::strtod(value, nullptr);
    else if (key == "--cpus") {
      char* rest = nullptr;
      options.cpus[0] = static_cast<int>(std::strtol(value, &rest, 10));
      options.cpus[1] = *rest == ',' ? static_cast<int>(std::strtol(rest + 1, nullptr, 10)) : -1;
    } else
      die("unknown option " + key);
  }
  if (options.batch == 0) die("--batch must be 1 or more");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  switch (options.entry) {
    case 64:
      run_entry<64>(options);
      return 0;
    case 256:
      run_entry<256>(options);
      return 0;
    case 1024:
      run_entry<1024>(options);
      return 0;
    default:
      die("--entry must be 64, 256 or 1024, which are compiled in");
  }
}
