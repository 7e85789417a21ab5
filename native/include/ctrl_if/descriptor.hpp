// File descriptors as values, results of system calls, and access to the descriptors of another process.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace ctrl_if {

/// The result of a system call. `error` is an errno value.
struct [[nodiscard]] Outcome {
  int error = 0;
  const char* syscall = nullptr;
  bool truncated = false;   // the object exists but is smaller than requested; nothing was mapped
  bool wrong_kind = false;  // the descriptor is a file of another kind; nothing was opened

  [[nodiscard]] bool ok() const { return error == 0 && !truncated && !wrong_kind; }

  static Outcome failed(const char* syscall) { return Outcome{errno, syscall}; }
};

/// A file descriptor, closed when it goes out of scope.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  void reset() {
    if (fd_ >= 0) (void)::close(std::exchange(fd_, -1));
  }
  /// The number; -1 when there is none.
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// fstat. A binary linked on glibc 2.33 or later that calls fstat does not load on an older glibc. So this makes the
/// system call itself where the kernel's struct is the C library's.
inline Outcome read_stat(int fd, struct stat& out) {
#if defined(__linux__) && defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))
  const long result = ::syscall(SYS_fstat, fd, &out);
#else
  const int result = ::fstat(fd, &out);
#endif
  return result == 0 ? Outcome{} : Outcome::failed("fstat");
}

/// Both ends of an anonymous pipe. Child programs do not inherit them.
struct Pipe {
  Descriptor read;
  Descriptor write;

  /// `flags`: 0 or O_NONBLOCK.
  static Outcome open(int flags, Pipe& out) {
    int ends[2];
#if defined(__linux__)
    if (::pipe2(ends, flags | O_CLOEXEC) != 0) return Outcome::failed("pipe2");
#else
    if (::pipe(ends) != 0) return Outcome::failed("pipe");
    for (const int end : ends) {
      (void)::fcntl(end, F_SETFL, flags);
      (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
#endif
    out.read = Descriptor(ends[0]);
    out.write = Descriptor(ends[1]);
    return Outcome{};
  }
};

/// `/proc/PID/fd/FD`, by which a process of the same user opens descriptor FD of process PID on Linux.
class PeerPath {
 public:
  PeerPath(uint32_t pid, uint32_t fd) { (void)std::snprintf(text_, sizeof text_, "/proc/%u/fd/%u", pid, fd); }
  [[nodiscard]] const char* text() const { return text_; }

 private:
  char text_[sizeof "/proc/4294967295/fd/4294967295"];
};

/// Opens a descriptor of another process, if its file is of type `kind` (S_IFIFO, S_IFREG). Opening never blocks and
/// takes no terminal, whatever the file is. ENOENT: no such process or descriptor. EACCES: another user's process.
inline Outcome open_peer(const PeerPath& path, int access, mode_t kind, Descriptor& out) {
  Descriptor fd(::open(path.text(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (fd.get() < 0) return Outcome::failed("open");
  struct stat st {};
  const Outcome outcome = read_stat(fd.get(), st);
  if (!outcome.ok()) return outcome;
  if ((st.st_mode & S_IFMT) != kind) return Outcome{0, "fstat", false, true};
  out = std::move(fd);
  return Outcome{};
}

}  // namespace ctrl_if
