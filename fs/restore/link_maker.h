// Gives files their other names, once the first one has its content. It writes no content.
#pragma once

#include <optional>
#include <string>

#include "fs/base/file.h"
#include "fs/restore/context.h"
#include "fs/restore/hard_links.h"
#include "fs/restore/plan.h"

namespace snapfs {

/// Not thread-safe.
class LinkMaker {
 public:
  /// The context must outlive this.
  explicit LinkMaker(const RestoreContext& context) : context_(context) {}

  /// Links the name to the first one of its group; what fails is reported. False when there is
  /// nothing to link it to, or no link to be had: the name has to be planned again, and gets the
  /// content itself. Throws Error{kCancelled} only.
  bool link(LinkItem& item);

 private:
  /// An item, by the directory that it is in.
  struct Place {
    UniqueFd directory;
    std::string name;
  };

  bool try_link(LinkItem& item);
  std::optional<Place> find(const std::string& path, const FileIdentity& identity);
  bool replace(const Place& first, const Directory& owner, int directory, const std::string& name,
               bool is_directory);
  std::optional<std::string> make_beside(const Place& first, int directory);

  const RestoreContext& context_;
};

}  // namespace snapfs
