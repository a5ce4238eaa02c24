// flock(2): it needs nobody to clean up. The file stays; what is in it only helps a message.
#include "cli/profile/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/option/setting.h"
#include "cli/profile/profile_file.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/private_directory.h"
#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

std::string state_directory() {
  const auto base = environment_setting("", "XDG_STATE_HOME");
  if (base && base->starts_with('/')) return join_path(*base, "snapfs");
  if (::geteuid() == 0) return "/var/lib/snapfs";
  return join_path(home_directory(), ".local/state/snapfs");
}

/// Who holds it; empty when he has not said so yet.
std::string holder(int fd, const std::string& path) {
  Bytes text(16);
  text.resize(read_at(fd, 0, text, path));
  const std::string digits(as_text(text));
  const std::size_t end = digits.find_first_not_of("0123456789");
  return end == 0 || digits.empty() ? "" : fmt::format(" (process {})", digits.substr(0, end));
}

}  // namespace

std::string RunLock::file_for(const std::string& path) {
  std::error_code ignored;
  std::string real = std::filesystem::weakly_canonical(path, ignored).string();
  if (ignored) real = path;
  // The name is for people, the digest tells profiles of one name apart.
  return join_path(state_directory(),
                   fmt::format("{}-{}.lock", std::filesystem::path(real).stem().string(),
                               sha256(as_bytes(real)).short_hex()));
}

RunLock::RunLock(const std::string& path) {
  const std::string file = file_for(path);
  make_private_directories(state_directory());
  fd_ = open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw_errno(errno, "lock", file);
    throw Error(
        ErrorCode::kLocked,
        fmt::format("another run of the profile {} is under way{}: this one did nothing, let "
                    "the other one end first",
                    path, holder(fd_.get(), file)),
        path);
  }
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd_.get(), 0) != 0) throw_errno(errno, "write", file);
  write_all(fd_.get(), as_bytes(text), file);
}

}  // namespace snapfs
