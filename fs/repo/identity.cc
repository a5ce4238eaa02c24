#include "fs/repo/identity.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <vector>

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

}  // namespace

Identity Identity::of_process() {
  return {login_name(::getuid()), host_name(), ::getuid(), ::getgid()};
}

}  // namespace snapfs
