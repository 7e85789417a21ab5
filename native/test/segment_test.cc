// Segments: what create, open and unlink return and leave behind.
#include "ctrl_if/segment.hpp"

#include <dirent.h>

#include <string>

#include "check.hpp"

namespace {

using namespace ctrl_if;
using ctrl_if::test::run;

std::string fresh_name(const char* what) { return "/ctrl-if-segment-test-" + std::to_string(::getpid()) + "-" + what; }

void expect(const Outcome& outcome, int error, const char* syscall) {
  CHECK_EQ(outcome.error, error);
  CHECK(std::string(outcome.syscall) == syscall);
}

uint32_t open_descriptors() {
  uint32_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;  // not Linux: the count is 0 before and after
  while (::readdir(directory) != nullptr) count++;
  ::closedir(directory);
  return count;
}

void two_mappings_of_one_object() {
  const std::string name = fresh_name("pair");
  Segment ours;
  Segment theirs;
  CHECK(Segment::create(name.c_str(), 4096, ours).ok());
  CHECK(Segment::open(name.c_str(), 4096, theirs).ok());
  CHECK_EQ(theirs.bytes(), 4096);
  CHECK_EQ(theirs.stat().uid, ::getuid());
  CHECK_EQ(theirs.stat().mode, 0600);
  CHECK_EQ(theirs.stat().inode, ours.stat().inode);
  for (size_t i = 0; i < 4096; i++) CHECK_EQ(theirs.base()[i], 0);
  ours.base()[4095] = 42;
  CHECK_EQ(theirs.base()[4095], 42);
  CHECK(Segment::unlink(name.c_str()).ok());
  ours.base()[0] = 43;  // mappings outlive the name
  CHECK_EQ(theirs.base()[0], 43);
  expect(Segment::unlink(name.c_str()), ENOENT, "shm_unlink");
}

void refusals() {
  const std::string name = fresh_name("refused");
  Segment segment;
  Segment second;
  expect(Segment::open(name.c_str(), 1, segment), ENOENT, "shm_open");
  CHECK(Segment::create(name.c_str(), 4096, segment).ok());
  segment.base()[0] = 9;
  expect(Segment::create(name.c_str(), 4096, second), EEXIST, "shm_open");
  CHECK_EQ(segment.base()[0], 9);  // and the existing object is untouched
  CHECK(Segment::open(name.c_str(), 4096, second).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
}

#if defined(__linux__)
void names_of_no_object() {
  Segment segment;
  for (const std::string& name : {std::string(), std::string("/"), std::string("/a/b"), "/" + std::string(255, 'x')}) {
    expect(Segment::create(name.c_str(), 4096, segment), EINVAL, "shm_open");
    expect(Segment::open(name.c_str(), 1, segment), EINVAL, "shm_open");
    expect(Segment::unlink(name.c_str()), ENOENT, "shm_unlink");
  }
  const std::string longest = "/" + std::string(220, 'x') + fresh_name("longest").substr(1);
  CHECK(Segment::create(longest.c_str(), 4096, segment).ok());
  CHECK(Segment::unlink(longest.c_str()).ok());
}

void links_are_not_followed() {
  const std::string name = fresh_name("link");
  const std::string file = "/dev/shm" + name;
  CHECK_EQ(::symlink("/dev/zero", file.c_str()), 0);
  Segment segment;
  expect(Segment::open(name.c_str(), 1, segment), ELOOP, "shm_open");
  expect(Segment::create(name.c_str(), 4096, segment), EEXIST, "shm_open");
  CHECK(Segment::unlink(name.c_str()).ok());
  expect(Segment::unlink(name.c_str()), ENOENT, "shm_unlink");
}
#endif

void too_small() {
  const std::string name = fresh_name("small");
  Segment small;
  Segment opened;
  CHECK(Segment::create(name.c_str(), 100, small).ok());
  const Outcome outcome = Segment::open(name.c_str(), 101, opened);
  CHECK(outcome.truncated && !outcome.ok() && !opened.mapped());
  CHECK_EQ(opened.stat().bytes, 100);
  CHECK(Segment::open(name.c_str(), 100, opened).ok());
  CHECK(Segment::unlink(name.c_str()).ok());

  // An object that its creator has not sized yet, perhaps because it was killed.
  {
    Descriptor fd;
    CHECK(create_object(name.c_str(), fd).ok());
  }
  CHECK(Segment::open(name.c_str(), 0, opened).truncated);
  CHECK(!opened.mapped());
  CHECK(Segment::unlink(name.c_str()).ok());
}

void failure_leaves_nothing() {
  const std::string name = fresh_name("huge");
  const uint32_t descriptors = open_descriptors();
  Segment segment;
  const Outcome huge = Segment::create(name.c_str(), uint64_t{1} << 46, segment);
  CHECK(huge.error == ENOSPC || huge.error == EFBIG);
  CHECK(std::string(huge.syscall) == "posix_fallocate");
  expect(Segment::create(name.c_str(), 0, segment), EINVAL, "posix_fallocate");
  expect(Segment::create(name.c_str(), UINT64_MAX, segment), EINVAL, "posix_fallocate");
  CHECK(!segment.mapped());
  expect(Segment::open(name.c_str(), 1, segment), ENOENT, "shm_open");
  CHECK_EQ(open_descriptors(), descriptors);
}

void values() {
  const std::string name = fresh_name("moved");
  const uint32_t descriptors = open_descriptors();
  Segment first;
  CHECK(Segment::create(name.c_str(), 4096, first).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
  CHECK_EQ(open_descriptors(), descriptors);  // a mapping needs no descriptor
  uint8_t* base = first.base();
  Segment second(std::move(first));
  CHECK(second.base() == base);
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that it is empty is the point
  CHECK(!first.mapped());
  first = std::move(second);
  CHECK(first.base() == base && first.bytes() == 4096);
  first.reset();
  first.reset();
  CHECK(!first.mapped());
}

void finds_what_is_mapped() {
  const std::string name = fresh_name("find");
  Segment segment;
  CHECK(segment.find(0, 0) == nullptr);
  CHECK(Segment::create(name.c_str(), 100, segment).ok());
  CHECK(Segment::unlink(name.c_str()).ok());
  CHECK(segment.find(0, 100) == segment.base());
  CHECK(segment.find(96, 4) == segment.base() + 96);
  CHECK(segment.find(100, 0) == segment.base() + 100);
  CHECK(segment.find(97, 4) == nullptr && segment.find(0, 101) == nullptr && segment.find(101, 0) == nullptr);
  CHECK(segment.find(UINT64_MAX, 4) == nullptr && segment.find(UINT64_MAX - 3, 4) == nullptr);
  CHECK(segment.find(4, UINT64_MAX) == nullptr);
  segment.reset();
  CHECK(segment.find(0, 4) == nullptr);
}

}  // namespace

int main() {
  run("two mappings of one object", two_mappings_of_one_object);
  run("refusals", refusals);
#if defined(__linux__)
  run("names of no object", names_of_no_object);
  run("links are not followed", links_are_not_followed);
#endif
  run("too small", too_small);
  run("a failure leaves nothing", failure_leaves_nothing);
  run("values", values);
  run("finds mapped bytes only", finds_what_is_mapped);
  return 0;
}
