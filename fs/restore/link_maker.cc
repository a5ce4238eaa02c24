// Whatever is in the way of a link stays until there is the link that takes its place.
#include "fs/restore/link_maker.h"

#include <sys/stat.h>

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

bool LinkMaker::link(LinkItem& item) {
  bool linked = false;
  const bool good =
      context_.attempt(*item.directory, item.node.name, [&] { linked = try_link(item); });
  if (good && !linked) return false;
  context_.done(*item.directory);
  return true;
}

bool LinkMaker::try_link(LinkItem& item) {
  LinkGroup& group = *item.group;
  if (!group.complete) {
    // One name after the other would try in vain: they do it all at once.
    item.alone = group.unreadable;
    return false;
  }
  const std::optional<Place> first = find(group.first, *group.complete);
  if (!first) {
    group.complete.reset();
    return false;
  }
  const Directories::Handle directory = context_.directories.open(*item.directory);
  const std::string& name = item.node.name;
  const std::optional<struct stat> now = context_.target.stat(directory->get(), name);
  if (!now || FileIdentity::of(*now) != *group.complete) {
    const bool made =
        now ? replace(*first, *item.directory, directory->get(), name, S_ISDIR(now->st_mode))
            : context_.target.make_link(first->directory.get(), first->name, directory->get(),
                                        name);
    if (!made) {
      item.alone = true;
      return false;
    }
  }
  context_.count_restored(*item.directory, name, RestoreAction::kRestored, true, 0);
  return true;
}

/// Nothing when another file, or none, is at `path` by now.
std::optional<LinkMaker::Place> LinkMaker::find(const std::string& path,
                                                const FileIdentity& identity) {
  const TargetFs& target = context_.target;
  const Directories::Handle root = context_.directories.open(context_.directories.root());
  Place place{target.open_directory(root->get(), "."), {}};
  std::size_t begin = 1;
  for (std::size_t end = path.find('/', begin); place.directory && end != std::string::npos;
       begin = end + 1, end = path.find('/', begin)) {
    place.directory = target.open_directory(place.directory.get(), path.substr(begin, end - begin));
  }
  if (!place.directory) return std::nullopt;
  place.name = path.substr(begin);
  const std::optional<struct stat> status = target.stat(place.directory.get(), place.name);
  if (!status || FileIdentity::of(*status) != identity) return std::nullopt;
  return place;
}

/// False when there can be no link; what is under the name is as it was then, as it is when this
/// throws.
bool LinkMaker::replace(const Place& first, const Directory& owner, int directory,
                        const std::string& name, bool is_directory) {
  TargetFs& target = context_.target;
  const std::optional<std::string> beside = make_beside(first, directory);
  if (!beside) return false;
  try {
    // A directory makes no room by itself.
    if (is_directory) context_.make_way(owner, directory, name);
    target.rename(directory, *beside, name);
  } catch (const std::exception&) {
    try {
      target.remove_file(directory, *beside);
    } catch (const std::exception&) {
      // What went wrong first is what counts.
    }
    throw;
  }
  return true;
}

/// A link under a name of its own, or nothing when there can be none.
std::optional<std::string> LinkMaker::make_beside(const Place& first, int directory) {
  constexpr int kNames = 1000;
  for (int i = 0;; ++i) {
    std::string name = fmt::format(".snapfs-link-{}", i);
    try {
      if (!context_.target.make_link(first.directory.get(), first.name, directory, name)) return {};
      return name;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kExists || i == kNames) throw;
    }
  }
}

}  // namespace snapfs
