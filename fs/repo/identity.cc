#include "fs/repo/identity.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/process_table.h"
#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

std::string login_name(uid_t uid) {
  std::vector<char> buffer(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return {};
  }
  return found->pw_name;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

/// Empty when the file cannot be read.
std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

ProcessOrigin ProcessOrigin::of_process() {
  ProcessOrigin origin;
  origin.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  origin.pid_namespace = snapfs::pid_namespace();
  // Not the ID itself, which machine-id(5) wants kept on the machine.
  const std::string machine = first_line("/etc/machine-id");
  if (!machine.empty()) origin.machine = sha256(as_bytes("snapfs lock " + machine)).short_hex();
  return origin;
}

Identity Identity::of_process() {
  return {login_name(::getuid()), host_name(), ::getuid(), ::getgid()};
}

}  // namespace snapfs
