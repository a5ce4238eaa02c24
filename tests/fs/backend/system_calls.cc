#include "tests/fs/backend/system_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <optional>

#include "fs/base/synchronized.h"

namespace snapfs::test {
namespace {

struct Record {
  std::vector<SystemCalls::Event> events;
  std::map<std::string, int> failing;
};

Synchronized<std::optional<Record>>& record() {
  static Synchronized<std::optional<Record>> the_record;
  return the_record;
}

std::string path_of_descriptor(int fd) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  return size < 0 ? std::string() : std::string(path.data(), static_cast<std::size_t>(size));
}

std::size_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

/// Makes the call, unless it is to fail, and writes it down when it succeeded.
template <class Call>
long watched(const SystemCalls::Event& event, const Call& call) {
  const auto current = record().lock();
  if (!current->has_value()) return call();
  const auto failing = (*current)->failing.find(event.call);
  if (failing != (*current)->failing.end()) {
    errno = failing->second;
    return -1;
  }
  const long result = call();
  if (result >= 0) (*current)->events.push_back(event);
  return result;
}

}  // namespace

SystemCalls::SystemCalls() { record().lock()->emplace(); }

SystemCalls::~SystemCalls() { record().lock()->reset(); }

std::vector<SystemCalls::Event> SystemCalls::events() const { return (*record().lock())->events; }

void SystemCalls::fail(const std::string& call, int error) {
  (*record().lock())->failing[call] = error;
}

}  // namespace snapfs::test

using snapfs::test::path_of_descriptor;
using snapfs::test::size_of;
using snapfs::test::watched;

extern "C" {

int fsync(int fd) {
  const std::string path = path_of_descriptor(fd);
  return static_cast<int>(
      watched({"fsync", path, {}, size_of(path)}, [&] { return ::syscall(SYS_fsync, fd); }));
}

int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(watched({"rename", from, to, size_of(from)}, [&] {
    return ::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0U);
  }));
}

int mkdir(const char* path, mode_t mode) noexcept {
  return static_cast<int>(watched({"mkdir", path, {}, 0},
                                  [&] { return ::syscall(SYS_mkdirat, AT_FDCWD, path, mode); }));
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return watched({"write", path_of_descriptor(fd), {}, 0},
                 [&] { return ::syscall(SYS_write, fd, bytes, size); });
}

}  // extern "C"
