// .snapfs: what the mount tells about itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/time/clock.h"
#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// A file whose content is made at each look. The kernel opens and reads files without asking, so
/// nothing could tell it that this one changes: each lookup gives an inode of its own instead, with
/// the content as it was then. Thread-safe.
class ControlPart final : public VirtualPart {
 public:
  using Text = std::function<std::string()>;

  /// `status` and `metrics` are called from any thread. The references must outlive this.
  /// With `prefetch` there is a file of that name, which can only be written to.
  ControlPart(VirtualTree& tree, const Clock& clock, Text status, Text metrics, bool prefetch);

  std::optional<VirtualName> lookup(const VirtualNode& directory, std::string_view name) override;
  std::vector<VirtualName> list(const VirtualNode& directory) override;
  std::shared_ptr<const Bytes> content(const VirtualNode& file) override { return file.bytes; }

 private:
  VirtualTree& tree_;
  const Clock& clock_;
  const Text status_;
  const Text metrics_;
  const bool prefetch_;
};

}  // namespace snapfs
