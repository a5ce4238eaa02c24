// Uses are sorted by where their blobs are stored, which is mostly the order of the files, too.
#include "fs/restore/content_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "fs/base/parallel.h"
#include "fs/crypto/sha256.h"

namespace snapfs {

namespace {

/// Zeros are left out in pieces of this size.
constexpr std::size_t kPage = 4096;

bool is_zero(ByteView bytes) noexcept {
  return bytes.empty() ||
         (bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

/// The blobs of a plan whose uses are sorted, pack by pack. A tag is the number of the first use.
class ContentWriter::Source final : public FetchSource {
 public:
  Source(ContentWriter& writer, const Plan& plan) : writer_(writer), plan_(plan) {}

  void next(std::vector<WantedBlob>& batch) override {
    if (next_ == plan_.uses.size()) return;
    for (const std::uint32_t pack = plan_.uses[next_].pack;
         next_ < plan_.uses.size() && plan_.uses[next_].pack == pack;
         next_ += uses_of(next_).size()) {
      const BlobUse& use = plan_.uses[next_];
      const BlobLocation place{plan_.packs[pack], use.offset, use.length, use.uncompressed_length};
      batch.push_back({{BlobType::kData, use.blob}, next_, place});
    }
  }

  /// Nobody wants what is for files that have failed.
  void starting(PackRun& run) override {
    std::erase_if(run.blobs, [this](const StoredBlob& blob) {
      const auto uses = uses_of(blob.tag);
      if (!std::ranges::all_of(uses, [](const BlobUse& use) { return use.file->failed.load(); })) {
        return false;
      }
      for (const BlobUse& use : uses) writer_.blob_done(*use.file);
      return true;
    });
  }

  void take(const FetchedBlob& blob) override { writer_.write_uses(uses_of(blob.tag()), blob); }

 private:
  std::span<const BlobUse> uses_of(std::size_t first) const {
    const BlobUse& use = plan_.uses[first];
    std::size_t end = first + 1;
    while (end < plan_.uses.size() && plan_.uses[end].pack == use.pack &&
           plan_.uses[end].offset == use.offset && plan_.uses[end].blob == use.blob) {
      ++end;
    }
    return std::span(plan_.uses).subspan(first, end - first);
  }

  ContentWriter& writer_;
  const Plan& plan_;
  std::size_t next_ = 0;
};

void ContentWriter::write(Plan& plan) {
  try {
    write_all(plan);
  } catch (...) {
    for (const auto& file : plan.files) {
      if (file->pending > 0) files_.give_back(*file);
    }
    throw;
  }
}

void ContentWriter::write_all(Plan& plan) {
  write_empty_files(plan);
  std::ranges::sort(plan.uses, {},
                    [](const BlobUse& use) { return std::tuple(use.pack, use.offset, use.blob); });
  {
    Source source(*this, plan);
    Fetcher::Feed feed(context_.fetcher, source, Urgency::kBulk, context_.stop);
    feed.run();
  }
  write_links(plan);
  if (context_.options.verify) verify(plan);
}

/// Files without blobs to wait for: empty ones, and those that only have to be cut.
void ContentWriter::write_empty_files(Plan& plan) {
  std::vector<FileItem*> empty;
  for (const auto& file : plan.files) {
    if (file->pending == 0) empty.push_back(file.get());
  }
  parallel_for_each(empty, [&](FileItem* file) {
    throw_if_stopped(context_.stop);
    file->pending = 1;
    run_or([&] { files_.open(*file); }, [&](const Error& error) { fail(*file, error); });
    blob_done(*file);
  });
}

void ContentWriter::write_links(Plan& plan) {
  std::vector<LinkItem> left;
  for (LinkItem& item : plan.links) {
    throw_if_stopped(context_.stop);
    if (!links_.link(item)) left.push_back(std::move(item));
  }
  plan.links = std::move(left);
}

/// One blob in all its places.
void ContentWriter::write_uses(std::span<const BlobUse> uses, const FetchedBlob& blob) {
  throw_if_stopped(context_.stop);
  std::optional<Bytes> bytes;
  run_or(
      [&] {
        bytes = blob.open();
        if (bytes->size() == blob.stored().location.plaintext_length()) return;
        throw Error(ErrorCode::kDamaged, "the index has a wrong length of blob " +
                                             blob.handle().id.short_hex() +
                                             ": run \"snapfs repair index\"");
      },
      [&](const Error& error) {
        bytes.reset();
        for (const BlobUse& use : uses) {
          if (LinkGroup* const group = use.file->group) group->unreadable = true;
          fail(*use.file, error);
          blob_done(*use.file);
        }
      });
  if (!bytes) return;
  for (const BlobUse& use : uses) write_blob(use, *bytes);
}

/// Never throws but what ends the restore: what fails is the file's error.
void ContentWriter::write_blob(const BlobUse& use, ByteView bytes) {
  FileItem& file = *use.file;
  if (!file.failed) {
    run_or(
        [&] {
          const OpenFiles::Handle handle = files_.open(file);
          write_bytes(handle->get(), file, use.file_offset, bytes);
          context_.progress.bytes_restored += bytes.size();
        },
        [&](const Error& error) { fail(file, error); });
  }
  blob_done(file);
}

void ContentWriter::write_bytes(int fd, const FileItem& file, std::uint64_t offset,
                                ByteView bytes) {
  if (!context_.options.sparse) return context_.target.write_at(fd, offset, bytes);
  const bool has_old_bytes = file.start == FileItem::Start::kUpdate;
  while (!bytes.empty()) {
    // Up to the next page of the file.
    const auto piece = [&](std::size_t at) {
      return std::min<std::size_t>(kPage - (offset + at) % kPage, bytes.size() - at);
    };
    const bool zero = is_zero(bytes.first(piece(0)));
    std::size_t length = piece(0);
    while (length < bytes.size() && is_zero(bytes.subspan(length, piece(length))) == zero) {
      length += piece(length);
    }
    if (!zero) {
      context_.target.write_at(fd, offset, bytes.first(length));
    } else if (has_old_bytes) {
      context_.target.punch_hole(fd, offset, length);
    }
    offset += length;
    bytes = bytes.subspan(length);
  }
}

void ContentWriter::fail(FileItem& file, const Error& error) {
  if (!ends_restore(error) && file.failed.exchange(true)) return;
  context_.report(*file.directory, file.name, error);
}

void ContentWriter::blob_done(FileItem& file) {
  if (--file.pending > 0) return;
  if (!file.failed) {
    run_or(
        [&] {
          const OpenFiles::Handle handle = files_.open(file);
          complete(file, handle->get());
        },
        [&](const Error& error) { fail(file, error); });
  }
  if (file.failed) files_.give_back(file);
  files_.forget(file);
  if (!context_.options.verify) context_.done(*file.directory);
}

void ContentWriter::complete(FileItem& file, int fd) {
  const bool updated = file.start == FileItem::Start::kUpdate;
  if (file.group != nullptr) file.group->complete = FileIdentity::of(context_.target.stat(fd));
  context_.metadata.apply(fd, file.metadata, nullptr, updated || file.directory->inherits);
  context_.count_restored(*file.directory, file.name,
                          updated ? RestoreAction::kUpdated : RestoreAction::kRestored, true,
                          file.size);
}

/// After the files were given everything: what is read is what their user will read.
void ContentWriter::verify(Plan& plan) {
  std::ranges::sort(plan.uses, {}, [](const BlobUse& use) {
    return std::tuple(reinterpret_cast<std::uintptr_t>(use.file), use.file_offset);
  });
  parallel_for_each(plan.files, [&](const std::unique_ptr<FileItem>& file) {
    throw_if_stopped(context_.stop);
    if (!file->failed) {
      const bool good =
          context_.attempt(*file->directory, file->name, [&] { verify_file(plan, *file); });
      if (good) ++context_.progress.files_verified;
    }
    context_.done(*file->directory);
  });
}

void ContentWriter::verify_file(const Plan& plan, const FileItem& file) {
  const Directories::Handle directory = context_.directories.open(*file.directory);
  const UniqueFd fd = context_.target.open_to_read(directory->get(), file.name);
  const auto size = static_cast<std::uint64_t>(context_.target.stat(fd.get()).st_size);
  if (size != file.size) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("it has {} bytes now instead of {}: restore again", size, file.size));
  }
  const auto address = [](const FileItem* item) { return reinterpret_cast<std::uintptr_t>(item); };
  auto at = std::lower_bound(plan.uses.begin(), plan.uses.end(), &file,
                             [&address](const BlobUse& use, const FileItem* wanted) {
                               return address(use.file) < address(wanted);
                             });
  Bytes buffer;
  for (; at != plan.uses.end() && at->file == &file; ++at) {
    const BlobUse& use = *at;
    throw_if_stopped(context_.stop);
    const BlobLocation place{{}, use.offset, use.length, use.uncompressed_length};
    buffer.resize(place.plaintext_length());
    const std::size_t count = read_at(fd.get(), use.file_offset, buffer, "the file");
    if (count < buffer.size() || sha256(buffer) != use.blob) {
      throw Error(ErrorCode::kDamaged,
                  fmt::format("its content at byte {} is not what was written: the disk or another "
                              "program changed it, restore again",
                              use.file_offset));
    }
  }
}

}  // namespace snapfs
