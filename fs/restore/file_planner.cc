// What is right already is not fetched again, and what others see under another name not changed.
#include "fs/restore/file_planner.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {

void FilePlanner::plan(Found& found, Node& node, const std::optional<struct stat>& status,
                       LinkGroup* group) {
  const std::vector<ContentBlob> content = locate_content(context_.repository, node.content);
  const std::uint64_t size = content_size(content);
  std::vector<bool> matches(content.size(), false);
  auto start = status ? FileItem::Start::kReplace : FileItem::Start::kCreate;
  // A file that also has names elsewhere is not written to: it is replaced.
  const bool shared = status && status->st_nlink > 1;
  if (status && S_ISREG(status->st_mode) && !(shared && node.links <= 1)) {
    const bool trusted = context_.options.overwrite == Overwrite::kIfChanged &&
                         !TargetFs::is_incomplete(*status) &&
                         static_cast<std::uint64_t>(status->st_size) == size &&
                         Timestamp::from(status->st_mtim) == node.mtime;
    const UniqueFd fd = open_existing(found, node.name);
    if (fd && !trusted) matches = matching_blobs(fd.get(), content, context_.stop);
    const bool same = fd && (trusted || (static_cast<std::uint64_t>(status->st_size) == size &&
                                         std::ranges::find(matches, false) == matches.end()));
    if (same) return keep(found, node, fd.get(), size, group);
    if (!shared && is_writable(found, node.name)) start = FileItem::Start::kUpdate;
  }
  if (start != FileItem::Start::kUpdate) matches.assign(matches.size(), false);
  if (start == FileItem::Start::kReplace && context_.options.dry_run) {
    context_.make_way(found.directory, found.handle->get(), node.name);
  }
  if (content.size() > 1) require_room_for(found, size, status);
  context_.progress.bytes_total += size;
  ++context_.progress.files_total;
  if (context_.options.dry_run) {
    context_.progress.bytes_restored += size;
    context_.count_restored(
        found.directory, node.name,
        start == FileItem::Start::kUpdate ? RestoreAction::kUpdated : RestoreAction::kRestored,
        true, size);
    return;
  }
  add(found, node, content, matches, start).group = group;
}

/// Before anything of the file is fetched. What is in its place is written to, or makes way.
void FilePlanner::require_room_for(const Found& found, std::uint64_t size,
                                   const std::optional<struct stat>& status) const {
  if (context_.options.sparse || !found.handle) return;
  constexpr std::uint64_t kBlock = 512;  // of st_blocks, whatever the file system's are
  const bool is_taken_over = status && S_ISREG(status->st_mode) && status->st_nlink <= 1;
  const std::uint64_t there =
      is_taken_over ? static_cast<std::uint64_t>(status->st_blocks) * kBlock : 0;
  if (size > there) require_room(context_.target, found.handle->get(), size - there);
}

/// The file that is there; nothing when it cannot be read.
UniqueFd FilePlanner::open_existing(const Found& found, const std::string& name) {
  TargetFs& target = context_.target;
  try {
    return target.open_to_read(found.handle->get(), name);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfResources) throw;
    if (error.code() != ErrorCode::kPermission || context_.options.dry_run) return {};
  }
  // It may be ours all the same, and gets its own permissions in the end.
  try {
    target.set_permissions(found.handle->get(), name, 0600);
    return target.open_to_read(found.handle->get(), name);
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    return {};
  }
}

/// Whether the file can be changed in place. A program that runs cannot, but it can be replaced.
bool FilePlanner::is_writable(const Found& found, const std::string& name) {
  if (context_.options.dry_run) return true;
  try {
    context_.target.open_to_write(found.handle->get(), name);
    return true;
  } catch (const Error& error) {
    if (error.ends_the_run() || error.code() == ErrorCode::kOutOfResources) throw;
    return false;
  }
}

void FilePlanner::keep(Found& found, Node& node, int fd, std::uint64_t size, LinkGroup* group) {
  if (!context_.options.dry_run) {
    const TargetMetadata metadata = take_metadata(node, owners_);
    const struct stat now = context_.target.stat(fd);
    if (group != nullptr) group->complete = FileIdentity::of(now);
    context_.metadata.apply(fd, metadata, &now, context_.metadata.has_attributes(fd));
  }
  context_.count_skipped(found.directory, node.name, true, size);
}

FileItem& FilePlanner::add(Found& found, Node& node, const std::vector<ContentBlob>& content,
                           const std::vector<bool>& matches, FileItem::Start start) {
  auto file = std::make_unique<FileItem>();
  file->directory = &found.directory;
  file->name = node.name;
  file->metadata = take_metadata(node, owners_);
  file->start = start;
  const std::size_t uses_before = found.uses.size();
  try {
    add_uses(found, *file, content, matches);
    found.files.push_back(std::move(file));
  } catch (const std::bad_alloc&) {
    // They would be of a file that is not there.
    found.uses.resize(std::min(uses_before, found.uses.size()));
    found.use_packs.resize(std::min(uses_before, found.use_packs.size()));
    throw;
  }
  ++found.directory.pending;
  return *found.files.back();
}

void FilePlanner::add_uses(Found& found, FileItem& file, const std::vector<ContentBlob>& content,
                           const std::vector<bool>& matches) {
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    const BlobLocation& place = content[i].location;
    const std::uint32_t length = place.plaintext_length();
    if (matches[i]) {
      context_.progress.bytes_restored += length;
    } else {
      found.uses.push_back(
          {content[i].id, 0, place.offset, place.length, place.uncompressed_length, offset, &file});
      found.use_packs.push_back(place.pack);
      ++file.pending;
    }
    offset += length;
  }
  file.size = offset;
}

bool FilePlanner::has_content(const Found& found, const Node& node,
                              const struct stat& status) const {
  if (!S_ISREG(status.st_mode)) return false;
  try {
    const std::vector<ContentBlob> content = locate_content(context_.repository, node.content);
    if (static_cast<std::uint64_t>(status.st_size) != content_size(content)) return false;
    const UniqueFd fd = context_.target.open_to_read(found.handle->get(), node.name);
    const std::vector<bool> matches = matching_blobs(fd.get(), content, context_.stop);
    return std::ranges::find(matches, false) == matches.end();
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    return false;
  }
}

}  // namespace snapfs
