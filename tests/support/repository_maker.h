// A small repository put together by hand, for tests of what reads one: blobs, trees and snapshots
// of the tester's choosing, and damage where it is wanted. Knows no source file system.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "fs/store/pack_writer.h"
#include "fs/time/clock.h"
#include "fs/tree/node.h"
#include "fs/tree/snapshot.h"

namespace snapfs::test {

inline constexpr std::string_view kPassword = "correct horse battery staple";

/// Nodes for trees; everything not given is a plausible default.
Node make_directory(std::string name, const Id& subtree);
Node make_symlink(std::string name, std::string target);
Node make_node(std::string name, NodeType type);

/// Writes all files of a repository into a directory that is made, without the syncs of a save,
/// which would take most of the time.
void write_out(Backend& repository, const std::string& path);

/// Not thread-safe.
class RepositoryMaker {
 public:
  /// Writes a new repository. The backend must outlive the maker.
  explicit RepositoryMaker(Backend& backend);

  Repository& repository() noexcept { return *repository_; }

  /// Another Repository on the same backend, as another process would have.
  std::unique_ptr<Repository> open() const;

  /// A data blob; stored when a pack is full or at the next snapshot.
  Id add_data(std::string_view bytes);

  /// A file whose content is cut as given.
  Node make_file(std::string name, std::initializer_list<std::string_view> chunks);

  /// A tree blob of the nodes, which are sorted by name.
  Id add_tree(std::vector<Node> nodes);

  /// A tree blob that says exactly this.
  Id add_tree_text(std::string_view json);

  /// Stores everything added so far, and a snapshot of the tree.
  Snapshot add_snapshot(const Id& tree, std::string_view rfc3339_time,
                        std::string hostname = "alpha", std::vector<std::string> tags = {});

  /// Stores everything added so far.
  void flush();

  /// Stores the blob again, in a pack of its own.
  void add_second_copy(const BlobHandle& blob, std::string_view bytes);

  /// Flips a bit in the middle of the stored blob, in every copy.
  void damage(const BlobHandle& blob);

  /// Undoes it.
  void repair(const BlobHandle& blob) { damage(blob); }

 private:
  void store(const BlobHandle& handle, std::string_view bytes);

  Backend& backend_;
  SystemClock clock_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<IndexSaver> indexes_;
  std::unique_ptr<PackSaver> packs_;
  std::unique_ptr<PackWriter> writer_;
  std::unique_ptr<Codec> codec_;
};

}  // namespace snapfs::test
