// Opening goes down from the nearest directory that is open. Without recursion: trees may be as
// deep as a hostile repository likes.
#include "fs/restore/directories.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {

namespace {

/// How many directories may be open at once: a part of the descriptors that there are. Opening one
/// anew for each of its files is a good part of restoring small ones.
std::size_t most_open() noexcept {
  constexpr std::size_t kLeast = 8;
  constexpr std::size_t kMost = 4096;
  return std::clamp(descriptor_limit() / 4, kLeast, kMost);
}

}  // namespace

std::size_t descriptor_limit() noexcept {
  constexpr std::size_t kUsual = 1024;
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : kUsual;
}

std::string path_in(const Directory& directory, const std::string& name) {
  std::vector<const std::string*> names;
  if (!name.empty()) names.push_back(&name);
  for (const Directory* at = &directory; at->parent != nullptr; at = at->parent) {
    names.push_back(&at->name);
  }
  if (names.empty()) return "/";
  std::string path;
  for (auto part = names.rbegin(); part != names.rend(); ++part) path.append("/").append(**part);
  return path;
}

Directories::Directories(TargetFs& target, UniqueFd root)
    : target_(target),
      most_open_(most_open()),
      root_handle_(root ? std::make_shared<const UniqueFd>(std::move(root)) : nullptr) {}

Directory& Directories::add(Directory& parent, std::string name) {
  auto record = std::make_unique<Directory>();
  Directory& directory = *record;
  directory.parent = &parent;
  directory.name = std::move(name);
  const std::lock_guard lock(records_mutex_);
  records_.emplace(&directory, std::move(record));
  ++parent.pending;
  return directory;
}

void Directories::remove(Directory& directory) {
  Handle closed_without_lock;
  {
    const std::lock_guard lock(open_mutex_);
    if (const auto found = open_.find(&directory); found != open_.end()) {
      closed_without_lock = std::move(found->second.handle);
      uses_.erase(found->second.use);
      open_.erase(found);
    }
  }
  const std::lock_guard lock(records_mutex_);
  records_.erase(&directory);
}

Directories::Handle Directories::open(const Directory& directory) {
  std::vector<const Directory*> down;
  Handle handle;
  for (const Directory* at = &directory; !handle; at = at->parent) {
    handle = at->parent == nullptr ? root_handle_ : cached(*at);
    if (!handle) {
      if (at->parent == nullptr) throw Error(ErrorCode::kNotFound, "the target does not exist");
      down.push_back(at);
    }
  }
  for (auto at = down.rbegin(); at != down.rend(); ++at) {
    UniqueFd fd = target_.open_directory(handle->get(), (*at)->name);
    if (!fd) {
      throw Error(ErrorCode::kNotFound,
                  "the directory " + path_in(**at, "") + " is not in the target any more");
    }
    handle = keep(**at, std::move(fd));
  }
  return handle;
}

Directories::Handle Directories::cached(const Directory& directory) {
  const std::lock_guard lock(open_mutex_);
  const auto found = open_.find(&directory);
  if (found == open_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return found->second.handle;
}

Directories::Handle Directories::keep(const Directory& directory, UniqueFd fd) {
  auto handle = std::make_shared<const UniqueFd>(std::move(fd));
  Handle closed_without_lock;
  const std::lock_guard lock(open_mutex_);
  // Both or none, also without memory.
  decltype(uses_) use = {&directory};
  const auto [place, added] = open_.try_emplace(&directory);
  if (!added) return place->second.handle;  // another thread was quicker
  place->second = {handle, use.begin()};
  uses_.splice(uses_.begin(), use);
  if (open_.size() > most_open_) {
    const auto oldest = open_.find(uses_.back());
    closed_without_lock = std::move(oldest->second.handle);
    open_.erase(oldest);
    uses_.pop_back();
  }
  return handle;
}

}  // namespace snapfs
