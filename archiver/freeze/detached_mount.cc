#include "archiver/freeze/detached_mount.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// What the kernel wrote about the failure into the descriptor's log, as " (…)"; often nothing.
std::string reason_in(int context) {
  std::array<char, 512> line;
  const ssize_t size = ::read(context, line.data(), line.size());
  if (size <= 2) return "";
  std::string text(line.data() + 2, static_cast<std::size_t>(size) - 2);  // after "e "
  while (text.ends_with('\n')) text.pop_back();
  return fmt::format(" ({})", text);
}

[[noreturn]] void fail(int error, const std::string& type, const std::string& source, int context) {
  throw Error(
      code_from_errno(error),
      fmt::format("cannot mount {} ({}): {}{}", source, type,
                  std::generic_category().message(error), context < 0 ? "" : reason_in(context)),
      source);
}

}  // namespace

UniqueFd mount_detached(const std::string& type, const std::string& source,
                        const std::vector<std::pair<std::string, std::string>>& options) {
  const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) fail(errno, type, source, -1);
  const auto set = [&](unsigned command, const char* key, const char* value) {
    if (::fsconfig(context.get(), command, key, value, 0) != 0) {
      fail(errno, type, source, context.get());
    }
  };
  set(FSCONFIG_SET_STRING, "source", source.c_str());
  for (const auto& [key, value] : options) {
    if (value.empty()) {
      set(FSCONFIG_SET_FLAG, key.c_str(), nullptr);
    } else {
      set(FSCONFIG_SET_STRING, key.c_str(), value.c_str());
    }
  }
  set(FSCONFIG_CMD_CREATE, nullptr, nullptr);
  constexpr unsigned kAttributes =
      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;
  UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, kAttributes));
  if (!mount) fail(errno, type, source, context.get());
  return mount;
}

bool may_mount() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}

}  // namespace snapfs
