// What has to be done for one regular file: compares what is under its name with the snapshot, and
// plans the parts that are missing. It writes no content.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/file.h"
#include "fs/restore/content_check.h"
#include "fs/restore/context.h"
#include "fs/restore/found.h"
#include "fs/restore/hard_links.h"
#include "fs/restore/owner_ids.h"
#include "fs/restore/plan.h"
#include "fs/tree/node.h"

namespace snapfs {

/// Thread-safe.
class FilePlanner {
 public:
  /// The context must outlive this, and so must `owners`, which is null when numbers count.
  FilePlanner(const RestoreContext& context, OwnerIds* owners)
      : context_(context), owners_(owners) {}

  /// Adds the file to what was found, or gives what is there its metadata when the content is
  /// right. `status` is what is under the name; `group` is told of its completion, unless it is
  /// null: the names that are to be linked to this one. The attributes are moved out of the node.
  /// Throws Error.
  void plan(Found& found, Node& node, const std::optional<struct stat>& status, LinkGroup* group);

  /// Whether what is under the name, of which `status` tells, is a file with the node's content.
  bool has_content(const Found& found, const Node& node, const struct stat& status) const;

 private:
  void require_room_for(const Found& found, std::uint64_t size,
                        const std::optional<struct stat>& status) const;
  UniqueFd open_existing(const Found& found, const std::string& name);
  bool is_writable(const Found& found, const std::string& name);
  void keep(Found& found, Node& node, int fd, std::uint64_t size, LinkGroup* group);
  FileItem& add(Found& found, Node& node, const std::vector<ContentBlob>& content,
                const std::vector<bool>& matches, FileItem::Start start);
  void add_uses(Found& found, FileItem& file, const std::vector<ContentBlob>& content,
                const std::vector<bool>& matches);

  const RestoreContext& context_;
  OwnerIds* const owners_;
};

}  // namespace snapfs
