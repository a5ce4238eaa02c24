// One directory is listed by one thread; what it finds is added to the plan at once. Which one is
// next is BlobWalk's, and when it pauses ours: when the plan is full.
#include "fs/restore/planner.h"

#include <exception>
#include <optional>
#include <utility>

#include "fs/base/error.h"
#include "fs/base/parallel.h"
#include "fs/tree/directory_nodes.h"
#include "fs/tree/node_text.h"

namespace snapfs {

namespace {

std::size_t bytes_of(const std::vector<ExtendedAttribute>& attributes) {
  std::size_t bytes = 0;
  for (const ExtendedAttribute& attribute : attributes) {
    bytes += sizeof(attribute) + attribute.value.capacity();
  }
  return bytes;
}

void mark_wanted(Directory& directory) noexcept {
  for (Directory* at = &directory; at != nullptr && !at->wanted.exchange(true); at = at->parent) {
  }
}

}  // namespace

Planner::Planner(const RestoreContext& context, const Id& tree)
    : context_(context),
      maker_(context),
      unexpected_(context),
      files_(context, owners_by_name()),
      walk_(
          context.fetcher,
          [](const Listing& listing) {
            return BlobHandle{BlobType::kTree, listing.tree};
          },
          [this](const Listing& listing, const FetchedBlob& blob, std::vector<Listing>& next) {
            list(listing, blob, next);
          },
          context.stop, [this] { return is_full(); }) {
  walk_.add({{&context.directories.root(), tree}});
}

bool Planner::next(Plan& plan) {
  plan = {};
  if (walk_.empty() && again_.empty()) return false;
  plan_ = {};
  plan_bytes_ = 0;
  pack_numbers_.clear();
  plan_again();
  walk_.run();
  std::uint64_t before = context_.progress.plan_bytes;
  const std::uint64_t now = plan_.memory_bytes();
  while (before < now && !context_.progress.plan_bytes.compare_exchange_weak(before, now)) {
  }
  plan = std::move(plan_);
  return true;
}

void Planner::put_back(std::vector<LinkItem> links) {
  // Those without content are to get it from the first of them that is planned now.
  for (const LinkItem& link : links) {
    if (!link.group->complete) hard_links_.forget(*link.group);
  }
  context_.progress.files_total -= links.size();  // they are counted again
  again_ = std::move(links);
}

void Planner::plan_again() {
  std::vector<LinkItem*> items;
  for (LinkItem& link : again_) items.push_back(&link);
  parallel_for_each(items, [this](LinkItem* link) {
    throw_if_stopped(context_.stop);
    Directory& directory = *link->directory;
    Found found(directory);
    context_.attempt(directory, link->node.name,
                     [&] { plan_item(found, link->node, link->alone); });
    add(std::move(found), {});
    context_.done(directory);
  });
  again_.clear();
}

bool Planner::is_full() {
  const std::lock_guard lock(mutex_);
  return plan_bytes_ > 0 && plan_bytes_ >= context_.options.plan_bytes;
}

void Planner::list(const Listing& listing, const FetchedBlob& blob, std::vector<Listing>& next) {
  throw_if_stopped(context_.stop);
  Directory& directory = *listing.directory;
  Found found(directory);
  context_.attempt(directory, "", [&] {
    DirectoryNodes nodes(blob.open(), listing.tree, context_.stop);
    std::vector<std::string> names;
    if (found.exists()) open(found);
    while (!nodes.empty()) {
      throw_if_stopped(context_.stop);
      Node node = nodes.take();
      if (context_.options.remove_unexpected) names.push_back(node.name);
      if (node.type == NodeType::kSocket) continue;
      context_.attempt(directory, node.name, [&] {
        if (node.type == NodeType::kDirectory) {
          plan_directory(found, node);
        } else if (context_.selection_of(directory, node.name, false).item) {
          plan_item(found, node);
        }
      });
    }
    unexpected_.note(found, names);
  });
  next = std::exchange(found.listings, {});
  add(std::move(found), next);
  context_.done(directory);
}

void Planner::open(Found& found) {
  Directory& directory = found.directory;
  found.handle = context_.directories.open(directory);
  maker_.learn_inheritance(directory, found.handle->get());
  unexpected_.note_mount(directory, found.handle->get());
}

void Planner::add(Found&& found, const std::vector<Listing>& next) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < found.uses.size(); ++i) {
    const auto [number, added] = pack_numbers_.try_emplace(
        found.use_packs[i], static_cast<std::uint32_t>(plan_.packs.size()));
    if (added) plan_.packs.push_back(found.use_packs[i]);
    found.uses[i].pack = number->second;
  }
  plan_.uses.insert(plan_.uses.end(), found.uses.begin(), found.uses.end());
  plan_bytes_ += found.uses.size() * sizeof(BlobUse);
  for (auto& file : found.files) {
    plan_bytes_ += sizeof(FileItem) + sizeof(void*) + file->name.capacity() +
                   bytes_of(file->metadata.attributes);
    plan_.files.push_back(std::move(file));
  }
  for (LinkItem& link : found.links) {
    plan_bytes_ += sizeof(LinkItem) + link.node.name.capacity() +
                   link.node.content.capacity() * sizeof(Id) +
                   bytes_of(link.node.extended_attributes);
    plan_.links.push_back(std::move(link));
  }
  for (const Listing& listing : next) {
    plan_bytes_ += sizeof(Directory) + listing.directory->name.capacity();
  }
}

void Planner::plan_directory(Found& found, Node& node) {
  const Selected selected = context_.selection_of(found.directory, node.name, true);
  if (!selected.item && !selected.below) return;
  if (selected.item && !maker_.ensure(found.directory)) return;
  TargetMetadata metadata = take_metadata(node, owners_by_name());
  Directory& child = context_.directories.add(found.directory, node.name);
  child.metadata = std::move(metadata);
  child.selected = selected.item;
  bool to_be_listed = false;
  const bool good = context_.attempt(found.directory, node.name, [&] {
    child.partial = found.directory.partial && unexpected_.is_partial(child);
    if (selected.item) {
      mark_wanted(child);
      ++context_.progress.files_total;
      maker_.make(child);
    }
    if (!selected.below || child.state == Directory::State::kFailed) return;
    found.listings.push_back({&child, *node.subtree});
    to_be_listed = true;
  });
  if (!good) child.state = Directory::State::kFailed;
  // Whatever happens, the directory above waits for it.
  if (!to_be_listed) context_.done(child);
}

/// `alone`: it is not linked to its other names.
void Planner::plan_item(Found& found, Node& node, bool alone) {
  Directory& directory = found.directory;
  if (!maker_.ensure(directory)) return;
  if (!found.handle && found.exists()) open(found);
  mark_wanted(directory);
  const std::optional<struct stat> status = found.status(context_.target, node.name);
  if (status && !context_.may_overwrite(*status, node.mtime)) {
    skip_item(found, node, *status);
  } else if (node.type == NodeType::kFile) {
    plan_file(found, node, status, alone);
  } else {
    ++context_.progress.files_total;
    plan_special(found, node, status);
  }
}

void Planner::skip_item(Found& found, const Node& node, const struct stat& status) {
  const bool is_file = node.type == NodeType::kFile;
  const bool counts = is_file && (node.links <= 1 || skip_linked(found, node, status));
  if (!counts) ++context_.progress.files_total;
  context_.count_skipped(found.directory, node.name, is_file, counts ? node.size : 0);
}

/// Whether it is the first of its names. Others may be linked to it when it is what they want, as
/// after a run that was killed.
bool Planner::skip_linked(Found& found, const Node& node, const struct stat& status) {
  if (!files_.has_content(found, node, status)) return hard_links_.skip(node);
  const HardLinks::Role role = hard_links_.add(node, path_in(found.directory, node.name));
  if (role.is_first) role.group.complete = FileIdentity::of(status);
  return role.first_seen;
}

void Planner::plan_special(Found& found, Node& node, const std::optional<struct stat>& status) {
  if (const auto reason = untellable_target(node)) throw Error(ErrorCode::kUnsupported, *reason);
  if (context_.options.dry_run && status) {
    context_.make_way(found.directory, found.handle->get(), node.name);
  }
  if (!context_.options.dry_run) {
    TargetFs& target = context_.target;
    const int directory = found.handle->get();
    if (node.type == NodeType::kIrregular) {
      throw Error(ErrorCode::kUnsupported, "it is of a type that this program cannot restore");
    }
    if (status) context_.make_way(found.directory, directory, node.name);
    if (node.type == NodeType::kSymlink) {
      target.make_symlink(directory, node.name, node.link_target);
    } else {
      target.make_node(directory, node.name, file_type_bits(node.type), node.device);
      if (found.directory.inherits) target.remove_inherited_lists(directory, node.name);
    }
    const TargetMetadata metadata = take_metadata(node, owners_by_name());
    context_.attempt(found.directory, node.name, [&] {
      context_.metadata.apply(directory, node.name, metadata, found.directory.inherits);
    });
  }
  context_.count_restored(found.directory, node.name, RestoreAction::kRestored, false, 0);
}

void Planner::plan_file(Found& found, Node& node, const std::optional<struct stat>& status,
                        bool alone) {
  if (alone || node.links <= 1 || node.inode == 0) {
    return files_.plan(found, node, status, nullptr);
  }
  const HardLinks::Role role = hard_links_.add(node, path_in(found.directory, node.name));
  if (role.is_first) return plan_first(found, node, status, role.group);
  ++context_.progress.files_total;
  if (context_.options.dry_run) {
    context_.count_restored(found.directory, node.name, RestoreAction::kRestored, true, 0);
    return;
  }
  found.links.push_back({&found.directory, node, &role.group});
  ++found.directory.pending;
}

void Planner::plan_first(Found& found, Node& node, const std::optional<struct stat>& status,
                         LinkGroup& group) {
  try {
    files_.plan(found, node, status, &group);
  } catch (const std::exception&) {
    // With all of the content, only its metadata are wrong.
    if (!group.complete) hard_links_.forget(group);
    throw;
  }
}

}  // namespace snapfs
