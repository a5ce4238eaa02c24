// A file is created under its own name, with permissions that say that it is not complete.
#include "fs/restore/open_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace snapfs {

OpenFiles::OpenFiles(const RestoreContext& context)
    : context_(context),
      most_open_in_shard_(std::clamp<std::size_t>(descriptor_limit() / (8 * kShards), 1, 8)) {}

OpenFiles::Shard& OpenFiles::shard_of(const FileItem& file) {
  // Their addresses have a few bits in common.
  return shards_[(reinterpret_cast<std::uintptr_t>(&file) >> 6) % kShards];
}

OpenFiles::Handle OpenFiles::open(FileItem& file) {
  Handle closed_without_lock;
  Shard& shard = shard_of(file);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.open.find(&file); found != shard.open.end()) {
    shard.uses.splice(shard.uses.begin(), shard.uses, found->second.use);
    return found->second.handle;
  }
  auto handle = std::make_shared<const UniqueFd>(open_now(file));
  // Both or none, also without memory.
  decltype(shard.uses) use = {&file};
  shard.open.emplace(&file, Open{handle, use.begin()});
  shard.uses.splice(shard.uses.begin(), use);
  if (shard.open.size() > most_open_in_shard_) {
    const auto oldest = shard.open.find(shard.uses.back());
    closed_without_lock = std::move(oldest->second.handle);
    shard.open.erase(oldest);
    shard.uses.pop_back();
  }
  return handle;
}

void OpenFiles::forget(const FileItem& file) {
  Handle closed_without_lock;
  Shard& shard = shard_of(file);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.open.find(&file);
  if (found == shard.open.end()) return;
  closed_without_lock = std::move(found->second.handle);
  shard.uses.erase(found->second.use);
  shard.open.erase(found);
}

void OpenFiles::give_back(FileItem& file) {
  {
    const std::lock_guard lock(shard_of(file).mutex);
    if (!file.reserved) return;
  }
  run_or([&] { context_.target.give_back(open(file)->get()); },
         [](const Error& error) {
           if (error.code() == ErrorCode::kCancelled) throw Error(error);
           // Then the next run finds it as it is.
         });
  forget(file);
}

UniqueFd OpenFiles::open_now(FileItem& file) const {
  const Directories::Handle directory = context_.directories.open(*file.directory);
  if (file.opened) return context_.target.open_to_write(directory->get(), file.name);
  UniqueFd fd = file.start == FileItem::Start::kUpdate ? update(directory->get(), file)
                                                       : create(directory->get(), file);
  file.opened = true;
  return fd;
}

UniqueFd OpenFiles::create(int directory, FileItem& file) const {
  TargetFs& target = context_.target;
  const bool reserve = !context_.options.sparse && file.pending > 1;
  // What is in the way stays when the file has no room. What it takes itself is not known here.
  if (reserve && file.start != FileItem::Start::kReplace)
    require_room(target, directory, file.size);
  if (file.start == FileItem::Start::kReplace) {
    context_.make_way(*file.directory, directory, file.name);
  }
  UniqueFd fd = target.create_file(directory, file.name);
  if (file.directory->inherits) target.remove_inherited_lists(fd.get());
  if (context_.options.sparse) {
    if (file.size > 0) target.set_size(fd.get(), file.size);
  } else if (reserve) {
    if (!target.reserve(fd.get(), file.size)) {
      throw NoRoomError(file.size, target.free_space(fd.get()).bytes);
    }
    file.reserved = true;
  }
  return fd;
}

UniqueFd OpenFiles::update(int directory, const FileItem& file) const {
  TargetFs& target = context_.target;
  UniqueFd fd = target.open_to_write(directory, file.name);
  const struct stat status = target.stat(fd.get());
  if (status.st_nlink > 1) {
    throw Error(ErrorCode::kExists,
                "it was given another name while it was being restored, which would be changed, "
                "too: restore again");
  }
  target.set_permissions(fd.get(), TargetFs::kIncomplete);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > file.size || (size < file.size && context_.options.sparse)) {
    target.set_size(fd.get(), file.size);
  }
  return fd;
}

}  // namespace snapfs
