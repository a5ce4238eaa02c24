// What is to be written: files, and for each blob of their content where it is stored and where it
// goes. Plain records; the planner makes them, the content writer carries them out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/restore/directories.h"
#include "fs/restore/metadata.h"
#include "fs/tree/node.h"

namespace snapfs {

struct LinkGroup;

/// A regular file whose content is not complete.
struct FileItem {
  enum class Start : std::uint8_t {
    kCreate,   ///< nothing was there
    kReplace,  ///< what is there is removed first
    kUpdate,   ///< part of its content is right already
  };

  Directory* directory = nullptr;
  std::string name;
  TargetMetadata metadata;
  LinkGroup* group = nullptr;  ///< of its other names, when it has any
  std::uint64_t size = 0;
  Start start = Start::kCreate;
  bool opened = false;                     ///< it was created or prepared for writing
  bool reserved = false;                   ///< room for all of it was set aside
  std::atomic<std::uint32_t> pending = 0;  ///< blobs that are not written
  std::atomic<bool> failed = false;        ///< reported, and not worth going on with
};

/// A blob's place in a pack, and one of the places in files where its plaintext goes.
struct BlobUse {
  Id blob;
  std::uint32_t pack = 0;  ///< its number in Plan::packs
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t uncompressed_length = 0;
  std::uint64_t file_offset = 0;
  FileItem* file = nullptr;
};
static_assert(sizeof(BlobUse) <= 64, "what a blob costs in memory");

/// Another name for a file that this plan completes, or an earlier one.
struct LinkItem {
  Directory* directory = nullptr;
  Node node;  ///< all of it: the name may have to get the content itself
  LinkGroup* group = nullptr;
  bool alone = false;  ///< it gets the content itself whatever becomes of the other names
};

/// As much as is carried out at once.
struct Plan {
  std::vector<std::unique_ptr<FileItem>> files;
  std::vector<BlobUse> uses;
  std::vector<LinkItem> links;
  std::vector<Id> packs;

  std::size_t memory_bytes() const noexcept {
    return files.capacity() * (sizeof(FileItem) + sizeof(void*)) +
           uses.capacity() * sizeof(BlobUse) + links.capacity() * sizeof(LinkItem);
  }
};

}  // namespace snapfs
