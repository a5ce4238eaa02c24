// The child waits until it is seized, installs a filter that stops it at every call that could
// change a file, and becomes the program. At such a stop the call has not been made: its arguments
// say which file it is about, and what is about none below the roots goes on. When changes are
// recorded, one of them is made at a time: a thread that comes to its own meanwhile is kept
// waiting. That cannot go on for ever, since a call that changes a file waits for the disk only.
#include "tests/crash/traced_program.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace snapfs::test {
namespace {

/// Every call by which a file can come to be, or by which its bytes or names can change or go, but
/// for stores to a mapping. Those of which `Call` knows nothing are here so that a program that
/// begins to use them is found out. Owners, times, permissions and attributes are not looked at.
constexpr std::array kWatched = {
#ifdef SYS_open
    SYS_open,      SYS_creat,     SYS_rename,         SYS_link,     SYS_symlink,
    SYS_unlink,    SYS_mkdir,     SYS_rmdir,          SYS_mknod,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
    SYS_openat,    SYS_openat2,   SYS_write,          SYS_pwrite64, SYS_writev,
    SYS_pwritev,   SYS_pwritev2,  SYS_sendfile,       SYS_splice,   SYS_copy_file_range,
    SYS_truncate,  SYS_ftruncate, SYS_fallocate,      SYS_fsync,    SYS_fdatasync,
    SYS_renameat2, SYS_linkat,    SYS_symlinkat,      SYS_unlinkat, SYS_mkdirat,
    SYS_mknodat,   SYS_ioctl,     SYS_io_uring_setup,
};

[[noreturn]] void throw_system(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// In the child: no exceptions, no heap.
bool install_filter() {
  std::array<sock_filter, kWatched.size() + 3> program;
  std::size_t size = 0;
  program[size++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (std::size_t i = 0; i < kWatched.size(); ++i) {
    const auto to_trace = static_cast<unsigned char>(kWatched.size() - i);
    program[size++] =
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(kWatched[i]), to_trace, 0);
  }
  program[size++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  program[size++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  const sock_fprog filter{static_cast<unsigned short>(size), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// Memory of the traced process.
std::string read_memory(pid_t pid, std::uint64_t address, std::size_t length) {
  std::string bytes(length, '\0');
  iovec here{bytes.data(), length};
  iovec there{reinterpret_cast<void*>(address), length};  // NOLINT: an address of somebody else
  const ssize_t count = ::process_vm_readv(pid, &here, 1, &there, 1, 0);
  if (count != static_cast<ssize_t>(length)) throw_system("read the program's memory");
  return bytes;
}

/// A string that ends in a zero byte. Read in steps that do not cross a page.
std::string read_text(pid_t pid, std::uint64_t address) {
  std::string text;
  constexpr std::uint64_t kStep = 256;
  for (;;) {
    const std::string piece = read_memory(pid, address, kStep - address % kStep);
    const std::size_t end = piece.find('\0');
    text += piece.substr(0, end);
    if (end != std::string::npos) return text;
    address += piece.size();
  }
}

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string fd_path(pid_t pid, std::uint64_t fd) {
  return read_link(fmt::format("/proc/{}/fd/{}", pid, static_cast<int>(fd)));
}

/// Absolute, without "." and "..": the directories of tests have no links in them.
std::string full_path(pid_t pid, std::uint64_t directory, const std::string& path) {
  std::filesystem::path whole = path;
  if (whole.is_relative()) {
    const bool from_current = static_cast<int>(directory) == AT_FDCWD;
    whole = std::filesystem::path(from_current ? read_link(fmt::format("/proc/{}/cwd", pid))
                                               : fd_path(pid, directory)) /
            whole;
  }
  std::string text = whole.lexically_normal();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

/// Clones of a file's blocks.
bool changes_a_file(std::uint64_t ioctl_command) {
  return ioctl_command == FICLONE || ioctl_command == FICLONERANGE;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// The place in a file that the next write(2) goes to.
std::uint64_t position(pid_t pid, std::uint64_t fd) {
  std::ifstream info(fmt::format("/proc/{}/fdinfo/{}", pid, static_cast<int>(fd)));
  std::string name;
  std::uint64_t value = 0;
  info >> name >> value;
  return value;
}

std::string unlinked_suffix() { return " (deleted)"; }

/// A call that may change a file, as it is about to be made.
struct Call {
  std::uint64_t number = 0;
  std::array<std::uint64_t, 6> arguments = {};
  std::optional<FileEvent> event = {};  ///< what it does; nothing: nothing
};

/// What the call does, without the bytes of a write.
std::optional<FileEvent> event_of(pid_t pid, const Call& call) {
  const auto& a = call.arguments;
  const auto path_at = [&](std::uint64_t directory, std::uint64_t address) {
    return full_path(pid, directory, read_text(pid, address));
  };
  constexpr auto kHere = static_cast<std::uint64_t>(AT_FDCWD);
  const auto opened = [&](const std::string& path,
                          std::uint64_t flags) -> std::optional<FileEvent> {
    if ((flags & (O_CREAT | O_TRUNC)) == 0 && (flags & O_TMPFILE) != O_TMPFILE) return std::nullopt;
    const bool there = exists(path);
    if (!there && (flags & O_CREAT) != 0) return FileEvent{EventKind::kCreate, path};
    if (there && (flags & O_TRUNC) != 0) return FileEvent{EventKind::kResize, path};
    return std::nullopt;
  };
  const auto on_fd = [&](EventKind kind) { return FileEvent{kind, fd_path(pid, a[0])}; };
  const auto moved = [&](EventKind kind, std::uint64_t from_fd, std::uint64_t from,
                         std::uint64_t to_fd, std::uint64_t to) {
    return FileEvent{kind, path_at(from_fd, from), path_at(to_fd, to)};
  };
  switch (call.number) {
#ifdef SYS_open
    case SYS_open:
      return opened(path_at(kHere, a[0]), a[1]);
    case SYS_creat:
      return opened(path_at(kHere, a[0]), O_CREAT | O_TRUNC);
    case SYS_rename:
      return moved(EventKind::kRename, kHere, a[0], kHere, a[1]);
    case SYS_link:
      return moved(EventKind::kLink, kHere, a[0], kHere, a[1]);
    case SYS_symlink:
      return FileEvent{EventKind::kSymlink, path_at(kHere, a[1]), read_text(pid, a[0])};
    case SYS_unlink:
      return FileEvent{EventKind::kUnlink, path_at(kHere, a[0])};
    case SYS_mkdir:
      return FileEvent{EventKind::kMkdir, path_at(kHere, a[0])};
    case SYS_rmdir:
      return FileEvent{EventKind::kRmdir, path_at(kHere, a[0])};
#endif
#ifdef SYS_renameat
    case SYS_renameat:
#endif
    case SYS_renameat2:
      return moved(EventKind::kRename, a[0], a[1], a[2], a[3]);
    case SYS_openat:
      return opened(path_at(a[0], a[1]), a[2]);
    case SYS_openat2: {
      std::uint64_t flags = 0;
      std::memcpy(&flags, read_memory(pid, a[2], sizeof flags).data(), sizeof flags);
      return opened(path_at(a[0], a[1]), flags);
    }
    case SYS_write:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2: {
      FileEvent event = on_fd(EventKind::kWrite);
      if (a[0] == STDOUT_FILENO) event.kind = EventKind::kTell;
      return event;
    }
    case SYS_pwrite64:
      return on_fd(EventKind::kWrite);
    case SYS_ftruncate:
    case SYS_fallocate:
      return on_fd(EventKind::kResize);
    case SYS_truncate:
      return FileEvent{EventKind::kResize, path_at(kHere, a[0])};
    case SYS_fsync:
    case SYS_fdatasync:
      return on_fd(EventKind::kSync);
    case SYS_linkat:
      return moved(EventKind::kLink, a[0], a[1], a[2], a[3]);
    case SYS_symlinkat:
      return FileEvent{EventKind::kSymlink, path_at(a[1], a[2]), read_text(pid, a[0])};
    case SYS_unlinkat:
      return FileEvent{(a[2] & AT_REMOVEDIR) != 0 ? EventKind::kRmdir : EventKind::kUnlink,
                       path_at(a[0], a[1])};
    case SYS_mkdirat:
      return FileEvent{EventKind::kMkdir, path_at(a[0], a[1])};
    case SYS_sendfile:
    case SYS_copy_file_range:
    case SYS_splice: {
      const std::uint64_t out = call.number == SYS_sendfile ? a[0] : a[2];
      return FileEvent{EventKind::kWrite, fd_path(pid, out)};
    }
    case SYS_ioctl:
      if (!changes_a_file(a[1])) return std::nullopt;
      return on_fd(EventKind::kWrite);
    case SYS_io_uring_setup:
      throw std::runtime_error("a program that changes files by io_uring cannot be watched");
    default:
      return FileEvent{EventKind::kCreate, path_at(a[0], a[1])};  // mknod
  }
}

/// Whether complete() can tell what the call does. Of others nobody would know what a kill before
/// them leaves.
bool is_known(const Call& call) {
  const auto& a = call.arguments;
  switch (call.number) {
    case SYS_writev:
      return call.event->kind == EventKind::kTell;
    case SYS_fallocate:
      return (a[1] & ~static_cast<std::uint64_t>(FALLOC_FL_KEEP_SIZE)) == 0;
    case SYS_renameat2:
      return (a[4] & ~std::uint64_t{RENAME_NOREPLACE}) == 0;
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_sendfile:
    case SYS_copy_file_range:
    case SYS_splice:
    case SYS_ioctl:
    case SYS_mknodat:
#ifdef SYS_mknod
    case SYS_mknod:
#endif
      return false;
    default:
      return true;
  }
}

/// After the call: the bytes, and where they went. False when it changed nothing after all.
bool complete(pid_t pid, const Call& call, std::int64_t result, FileEvent& event) {
  const auto& a = call.arguments;
  switch (call.number) {
    case SYS_write:
      event.data = read_memory(pid, a[1], static_cast<std::size_t>(result));
      event.offset = position(pid, a[0]) - static_cast<std::uint64_t>(result);
      return true;
    case SYS_pwrite64:
      event.data = read_memory(pid, a[1], static_cast<std::size_t>(result));
      event.offset = a[3];
      return true;
    case SYS_writev:  // to the standard output
      return false;
    case SYS_ftruncate:
    case SYS_truncate:
      event.offset = a[1];
      return true;
    case SYS_fallocate:
      // Room that is set aside, or a hole where nothing was written, changes no byte.
      if ((a[1] & FALLOC_FL_KEEP_SIZE) != 0) return false;
      event.offset = std::max<std::uint64_t>(a[2] + a[3], [&] {
        struct stat status {};
        const std::string file = fmt::format("/proc/{}/fd/{}", pid, static_cast<int>(a[0]));
        return ::stat(file.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
      }());
      return true;
    default:
      return true;
  }
}

class Tracer {
 public:
  Tracer(pid_t program, const Tracing& tracing) : program_(program), tracing_(tracing) {}

  int run() {
    int status = 0;
    for (;;) {
      int state = 0;
      const pid_t pid = ::waitpid(-1, &state, __WALL);
      if (pid < 0 && errno == EINTR) continue;
      if (pid < 0) break;  // all have ended
      if (WIFSTOPPED(state)) {
        on_stop(pid, state);
        continue;
      }
      if (pid == program_) {
        status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
      }
      on_end(pid);
    }
    return status;
  }

 private:
  void on_stop(pid_t pid, int state) {
    const int event = state >> 16;
    const int signal = WSTOPSIG(state);
    if (event == PTRACE_EVENT_SECCOMP) {
      if (tracing_.after && in_call_) {
        waiting_.push_back(pid);
      } else {
        begin(pid);
      }
    } else if (signal == (SIGTRAP | 0x80)) {
      end_call(pid);
    } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
      ::ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);  // stopped as by SIGSTOP
    } else {
      go_on(pid, event == 0 ? signal : 0);
    }
  }

  static void go_on(pid_t pid, int signal = 0) {
    // One that was killed meanwhile cannot be told anything.
    ::ptrace(PTRACE_CONT, pid, nullptr, static_cast<long>(signal));
  }

  bool is_below_a_root(const std::string& path) const {
    return std::ranges::any_of(tracing_.roots, [&](const std::string& root) {
      return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
    });
  }

  bool counts(const FileEvent& event) const {
    if (event.kind == EventKind::kTell) return static_cast<bool>(tracing_.after);
    if (event.path.ends_with(unlinked_suffix())) return false;
    return is_below_a_root(event.path) ||
           (event.kind != EventKind::kSymlink && is_below_a_root(event.other));
  }

  void begin(pid_t pid) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0) return;  // killed
    Call call;
    call.number = info.seccomp.nr;
    std::ranges::copy(info.seccomp.args, call.arguments.begin());
    call.event = event_of(pid, call);
    if (is_to_be_held(pid, call)) return;
    if (!call.event || !counts(*call.event)) return go_on(pid);
    if (!is_known(call)) {
      throw std::runtime_error(
          fmt::format("call {} changes {}, and is not known here", call.number, call.event->path));
    }
    if (holding_ != 0 && call.event->kind == EventKind::kSync &&
        call.event->path.ends_with(tracing_.held_until)) {
      go_on(std::exchange(holding_, 0));
    }
    if (tracing_.before && call.event->kind != EventKind::kTell && !tracing_.before(*call.event)) {
      ::kill(program_, SIGKILL);
      ::kill(pid, SIGKILL);  // a process that the program has started
      return;
    }
    if (!tracing_.after) return go_on(pid);
    in_call_ = {pid, std::move(call)};
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
  }

  bool is_to_be_held(pid_t pid, const Call& call) {
    if (has_held_ || tracing_.held.empty() || call.number != SYS_openat) return false;
    const auto& a = call.arguments;
    if (!full_path(pid, a[0], read_text(pid, a[1])).ends_with(tracing_.held)) return false;
    has_held_ = true;
    holding_ = pid;
    return true;
  }

  void end_call(pid_t pid) {
    if (!in_call_ || in_call_->first != pid) return go_on(pid);
    __ptrace_syscall_info info{};
    const bool known = ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) >= 0;
    Call& call = in_call_->second;
    if (known && info.exit.is_error == 0 && complete(pid, call, info.exit.rval, *call.event)) {
      tracing_.after(*call.event);
    }
    in_call_.reset();
    go_on(pid);
    begin_waiting();
  }

  void begin_waiting() {
    while (!in_call_ && !waiting_.empty()) {
      const pid_t next = waiting_.front();
      waiting_.pop_front();
      begin(next);
    }
  }

  void on_end(pid_t pid) {
    std::erase(waiting_, pid);
    if (in_call_ && in_call_->first == pid) in_call_.reset();
    begin_waiting();
  }

  const pid_t program_;
  const Tracing& tracing_;
  std::optional<std::pair<pid_t, Call>> in_call_;  ///< the one change that is being made
  std::deque<pid_t> waiting_;                      ///< threads that come next
  bool has_held_ = false;
  pid_t holding_ = 0;  ///< the thread that is kept now; 0: none
};

}  // namespace

int run_traced(const std::vector<std::string>& command, const Tracing& tracing) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::array<int, 2> gate{};
  if (::pipe2(gate.data(), O_CLOEXEC) != 0) throw_system("make a pipe");
  const pid_t child = ::fork();
  if (child < 0) throw_system("make a process");
  if (child == 0) {
    ::close(gate[1]);
    char byte = 0;
    // Nothing comes when whoever should look on is gone.
    if (::read(gate[0], &byte, 1) == 1 && install_filter())
      ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(gate[0]);
  const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                       PTRACE_O_TRACEVFORK | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  const bool seized = ::ptrace(PTRACE_SEIZE, child, nullptr, options) == 0;
  const int error = errno;
  const bool told = seized && ::write(gate[1], "", 1) == 1;
  ::close(gate[1]);
  if (!told) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    errno = error;
    throw_system("watch the program");
  }
  return Tracer(child, tracing).run();
}

}  // namespace snapfs::test
