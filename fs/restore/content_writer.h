// Carries out a plan: reads each range of a pack once, authenticates its blobs, writes them
// wherever they go, and completes each file with its last blob.
#pragma once

#include <cstdint>
#include <span>

#include "fs/fetch/fetcher.h"
#include "fs/restore/context.h"
#include "fs/restore/link_maker.h"
#include "fs/restore/open_files.h"
#include "fs/restore/plan.h"

namespace snapfs {

class ContentWriter {
 public:
  /// The context must outlive this.
  explicit ContentWriter(const RestoreContext& context)
      : context_(context), files_(context), links_(context) {}

  /// Writes the content of the plan's files over all cores, links their other names, and reads
  /// again what was written if that is asked for. What fails is reported; throws
  /// Error{kCancelled} and DiskFullError only. Links that have to be planned again stay in the
  /// plan.
  void write(Plan& plan);

 private:
  class Source;

  void write_all(Plan& plan);
  void write_empty_files(Plan& plan);
  void write_uses(std::span<const BlobUse> uses, const FetchedBlob& blob);
  void write_blob(const BlobUse& use, ByteView bytes);
  void write_bytes(int fd, const FileItem& file, std::uint64_t offset, ByteView bytes);
  void fail(FileItem& file, const Error& error);
  void blob_done(FileItem& file);
  void complete(FileItem& file, int fd);
  void write_links(Plan& plan);
  void verify(Plan& plan);
  void verify_file(const Plan& plan, const FileItem& file);

  const RestoreContext& context_;
  OpenFiles files_;
  LinkMaker links_;
};

}  // namespace snapfs
