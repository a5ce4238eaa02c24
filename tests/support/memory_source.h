// A source that lives in memory: the twin of the local one for tests, which makes any shape of
// tree without privileges, injects failures, and counts what was opened.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archiver/source/source_fs.h"

namespace snapfs {

/// What a source is asked to do, as far as tests count it or let it fail.
enum class SourceOperation {
  kLstat,
  kEnter,
  kOpenDir,
  kList,
  kOpenFile,
  kRead,
  kReadLink,
  kAttributes,
};

/// Thread-safe. Paths are absolute or relative to the working directory given. Handles stay usable
/// after the source is changed or destroyed, as descriptors do.
class MemorySource final : public SourceFs {
 public:
  explicit MemorySource(std::string working_directory = "/");
  ~MemorySource() override;

  std::unique_ptr<SourceDir> enter(const std::string& path) const override;
  SourceMetadata lstat(const std::string& path) const override;
  std::vector<std::string> list(const std::string& path) const override;

  /// Each makes what is missing of the directories above, and replaces what is at `path`. Modes
  /// are 0755, 0644 and 0777, owners root, times 2001-09-09; update() changes them.
  void add_directory(const std::string& path);
  void add_file(const std::string& path, std::string content);
  void add_symlink(const std::string& path, std::string target);

  /// A file of any size that takes no memory: `fill` writes what is in it from `offset` on. It is
  /// called by several threads at once.
  using Fill = std::function<void(std::uint64_t offset, MutByteView out)>;
  void add_generated_file(const std::string& path, std::uint64_t size, Fill fill);

  /// A node that is none of the above: `mode` says which, `device` is its number.
  void add_special(const std::string& path, std::uint32_t mode, std::uint64_t device = 0);

  /// `path` becomes another name of the file `existing`.
  void add_hard_link(const std::string& existing, const std::string& path);

  void add_attribute(const std::string& path, std::string name, std::string_view value);

  /// From now on SourceDir::ctime_covers_attributes is true. That attributes are changed without
  /// their item's change time is then the test's business.
  void let_ctime_cover_attributes();

  /// Changes the metadata of `path`; does not follow a symbolic link.
  void update(const std::string& path, const std::function<void(SourceMetadata&)>& change);

  /// Removes `path` and all below.
  void remove(const std::string& path);

  /// From now on `operation` on `path` fails with the system's `error_number`, or
  /// works again if that is 0. For kRead that
  /// goes for reads that reach beyond the file's first `after_bytes` bytes.
  void fail(const std::string& path, SourceOperation operation, int error_number,
            std::uint64_t after_bytes = 0);

  /// Calls `observer` before each operation, without a lock held: it may change the source, throw,
  /// or block. Set it before the source is used by several threads.
  void observe(std::function<void(SourceOperation, const std::string& path)> observer);

  /// How often `operation` was asked for, at all or for `path`.
  std::size_t count(SourceOperation operation) const;
  std::size_t count(SourceOperation operation, const std::string& path) const;

 private:
  struct Node;
  class State;
  class File;
  class Dir;

  std::shared_ptr<State> state_;
};

}  // namespace snapfs
