#include "fs/restore/dump.h"

#include <climits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/restore/content_stream.h"
#include "fs/tree/node_json.h"
#include "fs/tree/node_text.h"
#include "fs/tree/ordered_walk.h"

namespace snapfs {
namespace {

/// What the content comes to, whatever the node says (FORMAT §21). A blob that no index lists is
/// found out when it is read.
std::uint64_t content_size(Repository& repository, const Node& file) {
  std::uint64_t size = 0;
  for (const Id& id : file.content) {
    if (const auto place = repository.index().find_any({BlobType::kData, id})) {
      size += place->plaintext_length();
    }
  }
  return size;
}

class Dumper final : public WalkVisitor {
 public:
  Dumper(Fetcher& fetcher, const DumpedDirectory& directory, ArchiveFormat format,
         const ByteSink& sink, const LeftOut& left_out, const StopToken& stop)
      : repository_(fetcher.repository()),
        prefix_(directory.path),
        format_(format),
        left_out_(left_out),
        writer_(format, sink),
        stream_(fetcher, stop) {}

  /// The entry of the directory itself.
  void top(const Node& node) { add(prefix_, node); }

  void node(const std::string& path, Node& node) override {
    if (!can_hold(format_, node.type)) {
      return left_out_(path, fmt::format("the archive cannot hold a {}", type_name(node.type)),
                       true);
    }
    if (const auto reason = untellable_target(node)) return left_out_(path, *reason, false);
    std::erase_if(node.extended_attributes, [&](const ExtendedAttribute& attribute) {
      const auto reason = untellable_attribute(attribute.name);
      if (reason) left_out_(path, *reason, false);
      return reason.has_value();
    });
    // The walk's paths have a slash in front.
    add(prefix_.empty() ? path.substr(1) : prefix_ + path, std::move(node));
  }

  void finish() {
    stream_.finish();
    writer_.finish();
  }

 private:
  /// A file that may have several names, by inode and device.
  struct FirstName {
    std::string path;
    std::vector<Id> content;
  };

  void add(std::string path, Node node) {
    // A path can be as long as the snapshot is deep.
    const std::size_t held = path.size();
    if (const std::string* const target = earlier_name(path, node)) {
      stream_.add_action([this, path = std::move(path), node = std::move(node),
                          target = *target] { writer_.link(path, node, target); },
                         held + target->size());
      return;
    }
    const std::uint64_t size = content_size(repository_, node);
    const std::vector<Id> content = std::exchange(node.content, {});
    stream_.add_action([this, path = std::move(path), node = std::move(node),
                        size] { writer_.begin(path, node, size); },
                       held);
    for (const Id& blob : content) {
      stream_.add_blob(blob, [this](ByteView bytes) { writer_.content(bytes); });
    }
  }

  /// The name that the same file was written by; null when this is the first.
  const std::string* earlier_name(const std::string& path, const Node& node) {
    // No system can link to a longer path, and each would have to be remembered.
    const bool may_be_linked = format_ == ArchiveFormat::kTar && node.type == NodeType::kFile &&
                               node.links > 1 && node.inode != 0 && path.size() < PATH_MAX;
    if (!may_be_linked) return nullptr;
    const auto [place, is_first] =
        names_.try_emplace({node.inode, node.device_id}, FirstName{path, node.content});
    if (is_first || place->second.content != node.content) return nullptr;
    return &place->second.path;
  }

  Repository& repository_;
  const std::string prefix_;
  const ArchiveFormat format_;
  const LeftOut& left_out_;
  ArchiveWriter writer_;
  ContentStream stream_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, FirstName> names_;
};

bool everywhere(const WalkPlace& /*place*/, const Node& /*directory*/) { return true; }

}  // namespace

void dump_file(Repository& repository, const Node& file, const ByteSink& sink, StopToken stop) {
  Fetcher fetcher(repository);
  dump_file(fetcher, file, sink, stop);
}

void dump_file(Fetcher& fetcher, const Node& file, const ByteSink& sink, const StopToken& stop) {
  ContentStream stream(fetcher, stop);
  for (const Id& blob : file.content) stream.add_blob(blob, sink);
  stream.finish();
}

void dump_directory(Repository& repository, const DumpedDirectory& directory, ArchiveFormat format,
                    const ByteSink& sink, const LeftOut& left_out, StopToken stop) {
  Fetcher fetcher(repository);
  Dumper dumper(fetcher, directory, format, sink, left_out, stop);
  if (directory.node) dumper.top(*directory.node);
  walk_in_order(fetcher, directory.tree, everywhere, dumper, stop);
  dumper.finish();
}

}  // namespace snapfs
