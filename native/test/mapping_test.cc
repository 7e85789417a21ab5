// Mappings and pipes: moving, replacing and failing give back exactly what they own.
#include "ctrl_if/mapping.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "check.hpp"
#include "ctrl_if/descriptor.hpp"
#include "ctrl_if/segment.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::run;

const auto kPage = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

/// msync fails with ENOMEM for unmapped addresses.
bool in_use(uint8_t* base) { return ::msync(base, 1, MS_ASYNC) == 0; }

bool open_here(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

void unmapped_by_the_last_owner() {
  Mapping first;
  CHECK(Mapping::share_with_children(kPage, first).ok());
  uint8_t* base = first.base();
  Mapping second(std::move(first));
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that it is empty is the point
  CHECK(!first.mapped() && first.bytes() == 0);
  CHECK(second.base() == base && second.bytes() == kPage && in_use(base));
  {
    const Mapping third(std::move(second));
    CHECK(in_use(base));
  }
  CHECK(!in_use(base));
}

void replaced() {
  Mapping mapping;
  CHECK(Mapping::share_with_children(kPage, mapping).ok());
  uint8_t* base = mapping.base();
  Mapping other;
  CHECK(Mapping::share_with_children(kPage, other).ok());
  uint8_t* kept = other.base();
  mapping = std::move(other);
  CHECK(mapping.base() == kept && in_use(kept));
  CHECK(!in_use(base));
  mapping.reset();
  mapping.reset();
  CHECK(!mapping.mapped() && !in_use(kept));
}

void failures() {
  Mapping mapping;
  const Outcome bad = Mapping::share(-1, 0, kPage, mapping);
  CHECK_EQ(bad.error, EBADF);
  CHECK(std::string(bad.syscall) == "mmap");
  CHECK_EQ(Mapping::share_with_children(0, mapping).error, EINVAL);
  CHECK(!mapping.mapped());
}

void placed_in_what_was_reserved() {
  const std::string name = "/ctrl-if-mapping-test-" + std::to_string(::getpid());
  Descriptor fd;
  CHECK(create_object(name.c_str(), fd).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
  CHECK_EQ(::ftruncate(fd.get(), static_cast<off_t>(2 * kPage)), 0);
  Mapping addresses;
  CHECK(Mapping::reserve(4 * kPage, addresses).ok());
  uint8_t* base = addresses.base();
  CHECK(addresses.place(fd.get(), kPage, kPage).ok());
  CHECK(addresses.base() == base);
  base[kPage] = 42;
  Mapping again;
  CHECK(Mapping::share(fd.get(), kPage, kPage, again).ok());
  CHECK_EQ(again.base()[0], 42);
  CHECK_EQ(addresses.place(-1, 2 * kPage, kPage).error, EBADF);
  CHECK_EQ(base[kPage], 42);
}

void pipes() {
  int numbers[2];
  {
    Pipe pipe;
    CHECK(Pipe::open(O_NONBLOCK, pipe).ok());
    numbers[0] = pipe.read.get();
    numbers[1] = pipe.write.get();
    char byte = 0;
    CHECK_EQ(::read(pipe.read.get(), &byte, 1), -1);  // and does not wait
    CHECK_EQ(::write(pipe.write.get(), "x", 1), 1);
    CHECK_EQ(::read(pipe.read.get(), &byte, 1), 1);
    for (const int number : numbers) CHECK_EQ(::fcntl(number, F_GETFD), FD_CLOEXEC);
  }
  for (const int number : numbers) CHECK(!open_here(number));
}

}  // namespace

int main() {
  run("unmapped by the last owner", unmapped_by_the_last_owner);
  run("replaced", replaced);
  run("failures", failures);
  run("placed in reserved addresses", placed_in_what_was_reserved);
  run("pipes", pipes);
  return 0;
}
