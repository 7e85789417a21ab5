// File descriptors as values, how a system call ended, and the way to another process's descriptors.
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

/// How a system call ended. `error` is an errno value.
struct [[nodiscard]] Outcome {
  int error = 0;
  const char* syscall = nullptr;
  bool truncated = false;   // the object exists and is smaller than asked; nothing was mapped
  bool wrong_kind = false;  // the descriptor stands for something else than was asked; nothing was opened

  [[nodiscard]] bool ok() const { return error == 0 && !truncated && !wrong_kind; }

  static Outcome failed(const char* syscall) { return Outcome{errno, syscall}; }
};

/// Closed when it goes out of scope.
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
  /// -1: none.
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// What `fd` stands for. A binary that is linked on glibc 2.33 or later and calls fstat does not load on an older one,
/// so the system is asked directly where its struct is the C library's.
inline Outcome read_stat(int fd, struct stat& out) {
#if defined(__linux__) && defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))
  const long result = ::syscall(SYS_fstat, fd, &out);
#else
  const int result = ::fstat(fd, &out);
#endif
  return result == 0 ? Outcome{} : Outcome::failed("fstat");
}

/// Both ends of an anonymous pipe. No program that this process starts inherits them.
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

/// `/proc/PID/fd/FD`, where Linux shows what another process has open, to the same user.
class PeerPath {
 public:
  PeerPath(uint32_t pid, uint32_t fd) { (void)std::snprintf(text_, sizeof text_, "/proc/%u/fd/%u", pid, fd); }
  [[nodiscard]] const char* text() const { return text_; }

 private:
  char text_[sizeof "/proc/4294967295/fd/4294967295"];
};

/// Opens what process `pid` has open as `fd`, when it is of file type `kind` (S_IFIFO, S_IFREG). Opening waits for
/// nobody and takes no terminal, whatever it turns out to be. ENOENT: no such process or descriptor; EACCES: not ours.
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
